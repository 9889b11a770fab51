"""Stored items, read without the services, and the invariants of money."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.repository.loans import LoanRepository
from tests.engines import Storage

Item = Mapping[str, Any]


def rule_items(items: Iterable[Item]) -> list[Item]:
    """Return the items of auto-invest rules, without their principal with each borrower."""
    return [item for item in items if item["sk"]["S"].startswith("RULE#") and "rule_id" in item]


def assert_rule_limits(items: Collection[Item]) -> None:
    """Check that no rule's exposure, fees included, and no borrower's part of it exceeds its limit.

    Args:
        items: all items of the loans table. No lender has lowered a limit below an exposure.
    """
    exposures, by_borrower = Counter[str](), Counter[tuple[str, str]]()
    loans = {item["pk"]["S"]: item for item in items if item["sk"]["S"] == "LOAN"}
    for offer in (item for item in items if item["sk"]["S"].startswith("OFFER#") and "rule_id" in item):
        loan, rule_id = loans[offer["pk"]["S"]], offer["rule_id"]["S"]
        accepted = _number(offer, "accepted")
        if "funded_at" not in offer:
            exposures[rule_id] += _number(offer, "reserved")
            principal = (accepted or _number(offer, "amount")) if "reserved" in offer else 0
        elif loan["status"]["S"] in ("REQUESTED", "PENDING_FUNDING"):
            principal = accepted
        else:
            principal = accepted * _number(loan, "outstanding") // _number(loan, "amount")
        if "funded_at" in offer:
            exposures[rule_id] += principal + (_number(offer, "fee_share") if principal else 0)
            principal += accepted * _number(loan, "written_off") // _number(loan, "amount")
        by_borrower[rule_id, loan["borrower_id"]["S"]] += principal
    stored = {item["sk"]["S"]: item for item in items if item["sk"]["S"].startswith("RULE#")}
    for rule in (rule for rule in rule_items(items) if "deleted" not in rule):
        rule_id, limit = rule["rule_id"]["S"], _number(rule, "max_exposure")
        assert exposures[rule_id] <= _number(rule, "committed") <= limit
        borrower_limit = _number(rule, "max_per_borrower" if "max_per_borrower" in rule else "amount_per_loan")
        for borrower_id in [borrower_id for each, borrower_id in by_borrower if each == rule_id]:
            total = by_borrower[rule_id, borrower_id]
            committed = stored.get(f"RULE#{rule_id}#BORROWER#{borrower_id}", {})
            assert total <= _number(committed, "committed") <= borrower_limit


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
    """Check that transactions sum to zero, and that wallets and receivables equal their postings.

    Returns:
        The balances in cents by account.
    """
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
        account, owed = wallet["account"]["S"], _number(wallet, "receivable_cents")
        assert available + reserved == balances.get(account, 0)
        assert owed == -balances.get(account.replace("wallet:", "receivable:"), 0)
        assert owed == 0 or (owed > 0 and available == 0)
    return balances


def _number(item: Item, name: str) -> int:
    return int(item.get(name, {"N": "0"})["N"])
