"""Stored items, read without the services, and the invariants of money."""

from collections import defaultdict

from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.repository.loans import LoanRepository
from tests.engines import Storage


def loan_repository(container: Container) -> LoanRepository:
    return LoanRepository(container.database, status_shards=1)


def stored_loan(container: Container, loan_id: str) -> Loan:
    loan = loan_repository(container).find(loan_id, consistent=True)
    assert loan is not None
    return loan


def stored_offers(container: Container, loan_id: str) -> list[Offer]:
    found = loan_repository(container).find_with_offers(loan_id, consistent=True)
    assert found is not None
    return found[1]


def outbox(storage: Storage) -> list[BackgroundJob]:
    """Return the background jobs in the outbox."""
    keys = [(item["pk"]["S"], item["sk"]["S"]) for item in storage.items("loans")]
    found = [(pk.partition("#")[2], *sk.split("#", 2)[1:]) for pk, sk in keys if sk.startswith("OUTBOX#")]
    return [BackgroundJob(kind, subject, key) for subject, kind, key in found]


def run_outbox(container: Container, storage: Storage) -> None:
    for job in outbox(storage):
        container.worker.do(job)


def account_balances(storage: Storage) -> dict[str, int]:
    """Return every account's balance in cents, from its postings; hot accounts rolled up."""
    balances: defaultdict[str, int] = defaultdict(int)
    for item in storage.items("ledger"):
        account = item["account"]["S"].partition("#")[0]
        for line in item["lines"]["L"]:
            balances[account] += int(line["L"][1]["N"])
    return dict(balances)


def assert_ledger_balances(storage: Storage) -> dict[str, int]:
    """Check that transactions sum to zero and that wallets equal their postings; return the balances."""
    by_transaction: defaultdict[str, int] = defaultdict(int)
    for item in storage.items("ledger"):
        for line in item["lines"]["L"]:
            by_transaction[item["transaction"]["S"]] += int(line["L"][1]["N"])
    assert set(by_transaction.values()) <= {0}
    balances = account_balances(storage)
    assert sum(balances.values()) == 0
    for wallet in storage.items("wallets"):
        available, reserved = int(wallet["available_cents"]["N"]), int(wallet["reserved_cents"]["N"])
        assert available >= 0
        assert reserved >= 0
        assert available + reserved == balances.get(wallet["account"]["S"], 0)
    return balances
