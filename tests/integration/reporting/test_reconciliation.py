"""Reconciliation: a correct ledger, seeded differences, long runs, concurrent transactions."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.jobs.outbox import OutboxRepository
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.run_repository import RunRepository
from chalicelib.jobs.schedule import JobName
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.reconciliation import LoanReconciliationRepository
from chalicelib.loans.service.reconciliation import LoanReconciliationReader
from chalicelib.observability import metrics
from chalicelib.reporting.domain.reconciliation import Progress, SegmentKind
from chalicelib.reporting.repository.reconciliations import ReconciliationRepository
from chalicelib.reporting.repository.reports import ReportRepository
from chalicelib.reporting.service.reconciliation import PAGE_SIZE, RECONCILE, ReconciliationService
from chalicelib.reporting.service.reservation_check import ReconciledData
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.context import context_value
from chalicelib.shared.ids import derived_id, new_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus
from chalicelib.transfers.repository.reconciliation import TransferReconciliationRepository
from chalicelib.transfers.repository.transfers import TransferRepository
from chalicelib.transfers.service.reconciliation import TransferReconciliationReader
from chalicelib.wallets.domain.ledger import (
    EXTERNAL_CASH,
    PLATFORM_SUSPENSE,
    EntryType,
    Journal,
    transfer,
    wallet_account,
)
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.integration.reporting.sample_loans import OPERATOR, create_sample_loans
from tests.killed_process import killed_at_write
from tests.queues import RecordingQueue
from tests.stored_state import loan_repository

AT_LEAST_ONE_PAGE = 0


@pytest.fixture
def alarms() -> Iterator[Mapping[str, int]]:
    """Counts of the alarms that a test raises, by name."""
    counts: Counter[str] = Counter()
    with context_value(metrics.TALLY, counts):
        yield counts


def build_service(
    container: Container, queue: RecordingQueue, clock: FixedClock, page_size: int = PAGE_SIZE
) -> ReconciliationService:
    database = container.database
    loans = LoanReconciliationReader(
        LoanRepository(database, status_shards=1),
        LoanReconciliationRepository(database),
        OutboxRepository(database),
        status_shards=1,
    )
    reports, runs = ReportRepository(database), RunRepository(database)
    transfers = TransferReconciliationReader(TransferReconciliationRepository(database))
    progress, data = ReconciliationRepository(database), ReconciledData(container.wallets, loans, transfers)
    return ReconciliationService(progress, data, reports, runs, queue, clock, page_size)


@pytest.fixture
def service(container: Container, queue: RecordingQueue, clock: FixedClock) -> ReconciliationService:
    """The service with one shard of loans."""
    return build_service(container, queue, clock)


def drain(service: ReconciliationService, queue: RecordingQueue, *, seconds: int = AT_LEAST_ONE_PAGE) -> int:
    """Run all queued jobs; returns the number of steps."""
    steps = 0
    while queue.sent:
        work = queue.sent.pop(0)
        if work.kind == RECONCILE:
            service.continue_segment(work, seconds=seconds)
            steps += 1
    return steps


def report_content(container: Container) -> dict[str, Any]:
    return container.reports.find(OPERATOR, JobName.RECONCILE_LEDGER.value, None).content


@pytest.fixture
def borrower(container: Container, clock: FixedClock) -> Actor:
    """The borrower of sample loans whose postings are old enough to be reconciled."""
    borrower, _ = create_sample_loans(container)
    clock.advance(minutes=5)
    return borrower


def test_correct_ledger_has_no_differences(
    container: Container, service: ReconciliationService, storage: Storage, borrower: Actor, alarms: Mapping[str, int]
) -> None:
    counts = service.start()

    postings = len(storage.items("ledger"))
    wallets = len(storage.items("wallets"))
    assert counts == {"postings": postings, "wallets": wallets, "accounts": wallets + 2, "escrows": 1}
    report = report_content(container)
    assert (report["total"], report["listed"], alarms["LedgerMismatches"]) == ("0.00", [], 0)


def test_pending_distribution_is_no_difference(
    container: Container,
    service_factory: ServiceFactory,
    service: ReconciliationService,
    alarms: Mapping[str, int],
    clock: FixedClock,
) -> None:
    lenders = {service_factory.lender("110.00"): "100.00" for _ in range(22)}
    borrower = service_factory.borrower("1000.00")
    loan_id = service_factory.funded_loan(borrower, lenders)
    container.payments.pay(borrower, loan_id)
    clock.advance(minutes=5)

    counts = service.start()

    assert counts["escrows"] == 1
    assert "differences" not in counts
    assert alarms["LedgerMismatches"] == 0


def set_wallet(storage: Storage, account: str, cents: int) -> None:
    storage.client.update_item(
        TableName=f"{storage.prefix}wallets",
        Key={"account": {"S": account}},
        UpdateExpression="SET available_cents = :c",
        ExpressionAttributeValues={":c": {"N": str(cents)}},
    )


def remove_postings(storage: Storage, account: str) -> None:
    for item in storage.items("ledger"):
        if item["account"]["S"] == account:
            key = {name: item[name] for name in ("account", "transaction")}
            storage.client.delete_item(TableName=f"{storage.prefix}ledger", Key=key)


def test_wrong_wallet_balance_is_reported_with_an_alarm(
    container: Container, service: ReconciliationService, storage: Storage, borrower: Actor, alarms: Mapping[str, int]
) -> None:
    balance = container.wallets.balance_of(borrower.user_id).balance
    set_wallet(storage, f"wallet:{borrower.user_id}", balance.cents + 1)

    counts = service.start()

    assert counts["differences"] == 1
    assert report_content(container)["listed"] == [
        {"account": f"wallet:{borrower.user_id}", "expected": str(balance + Money(1)), "found": str(balance)}
    ]
    assert alarms["LedgerMismatches"] == 1


def test_wallet_without_postings_is_reported(
    container: Container,
    service_factory: ServiceFactory,
    service: ReconciliationService,
    storage: Storage,
    clock: FixedClock,
    queue: RecordingQueue,
    alarms: Mapping[str, int],
) -> None:
    lender = service_factory.lender("70.00")
    remove_postings(storage, f"wallet:{lender.user_id}")
    clock.advance(minutes=5)

    first = service.start()
    assert (first["second_look"], alarms["LedgerMismatches"]) == (1, 0)
    drain(service, queue)

    assert report_content(container)["listed"] == [
        {"account": "all accounts", "expected": "0.00", "found": "-70.00"},
        {"account": f"wallet:{lender.user_id}", "expected": "70.00", "found": "0.00"},
    ]
    assert alarms["LedgerMismatches"] == 2


def test_escrow_without_postings_is_reported(
    container: Container, service: ReconciliationService, storage: Storage, borrower: Actor, queue: RecordingQueue
) -> None:
    [escrow] = {
        item["account"]["S"]
        for item in storage.items("ledger")
        if item["account"]["S"].startswith("loan:")
        and len(item["lines"]["L"]) == 2
        and sum(int(line["L"][1]["N"]) for line in item["lines"]["L"]) == 10150
    }
    remove_postings(storage, escrow)

    service.start()
    drain(service, queue)

    assert {each["account"]: each["found"] for each in report_content(container)["listed"]} == {
        "all accounts": "-101.50",
        escrow: "0.00",
    }


@pytest.mark.parametrize("page_size", [1, 3])
def test_run_continued_by_the_queue_finds_the_same(
    container: Container, clock: FixedClock, queue: RecordingQueue, storage: Storage, borrower: Actor, page_size: int
) -> None:
    set_wallet(storage, f"wallet:{borrower.user_id}", 1)
    build_service(container, queue, clock).start()
    expected = report_content(container)
    clock.advance(hours=1)

    begun = build_service(container, queue, clock, page_size).start(seconds=AT_LEAST_ONE_PAGE)
    steps = drain(build_service(container, queue, clock, page_size), queue)

    assert begun["going_on"] <= steps
    assert {**report_content(container), "run": ""} == {**expected, "run": ""}
    runs, _ = container.job_runner.runs(OPERATOR, limit=5, before=None)
    assert [run.counts["differences"] for run in runs] == [1]


def test_job_and_worker_run_the_reconciliation(container: Container, borrower: Actor) -> None:
    counts = container.job_runner.run_scheduled(JobName.RECONCILE_LEDGER)

    assert counts["accounts"] == 6
    assert container.worker.do(BackgroundJob(RECONCILE, report_content(container)["run"], "LEDGER#0")) == 1
    assert container.worker.do(BackgroundJob(RECONCILE, new_id(container.clock()), "LEDGER#0")) == 1


def test_worker_completes_a_started_run(container: Container, clock: FixedClock, borrower: Actor) -> None:
    run_id, segments = begin_run(container, clock)

    done = [container.worker.do(segment) for segment in segments]

    assert done == [1] * 10
    report = report_content(container)
    assert (report["run"], report["total"], report["listed"]) == (run_id, "0.00", [])


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_killed_segment_can_be_repeated(
    container: Container,
    service: ReconciliationService,
    clock: FixedClock,
    queue: RecordingQueue,
    borrower: Actor,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
) -> None:
    service.start()
    expected = report_content(container)
    run_id, queue.sent[:] = begin_run(container, clock)

    while queue.sent:
        work = queue.sent.pop(0)
        killed_at_write(monkeypatch, partial(service.continue_segment, work), after=after)
        service.continue_segment(work)

    assert {**report_content(container), "run": ""} == {**expected, "run": ""}
    assert report_content(container)["run"] == run_id


def begin_run(container: Container, clock: FixedClock) -> tuple[str, list[BackgroundJob]]:
    """Start a run without working on it; returns its id and jobs."""
    clock.advance(hours=1)
    run_id = derived_id(clock(), "begun")
    names = [f"{part}#{number}" for part in (SegmentKind.LEDGER, SegmentKind.WALLETS) for number in range(4)]
    names += ["ESCROWS#0", "ESCROWS#1"]
    ReconciliationRepository(container.database).begin(run_id, {name: Progress() for name in names})
    return run_id, [BackgroundJob(RECONCILE, run_id, name) for name in names]


def deposit(
    container: Container, lender: Actor, cents: int, status: TransferStatus = TransferStatus.SETTLED
) -> Transfer:
    """Store a deposit with its journal, as settling it does."""
    return store_transfer(container, lender, Direction.DEPOSIT, cents, status)


def store_transfer(
    container: Container, user: Actor, direction: Direction, cents: int, status: TransferStatus
) -> Transfer:
    """Store a transfer of a status with what it did to the wallet."""
    now, amount = container.clock(), Money(cents)
    is_settled, is_deposit = status is TransferStatus.SETTLED, direction is Direction.DEPOSIT
    stored = Transfer(
        id=new_id(now),
        user_id=user.user_id,
        direction=direction,
        amount=amount,
        status=status,
        reference="RF00",
        created_at=now,
        transaction_id=new_id(now) if is_settled else None,
    )
    repository = TransferRepository(container.database)
    writes = repository.writes()
    repository.add(writes, stored)
    if stored.transaction_id:
        kind = EntryType.DEPOSIT if is_deposit else EntryType.WITHDRAWAL
        signed = amount if is_deposit else -amount
        lines = transfer(EXTERNAL_CASH, wallet_account(user.user_id), signed, kind)
        container.wallets.add(writes, Journal(stored.transaction_id, now, lines, reference=stored.id))
    elif not is_deposit:
        container.wallets.add(writes, None, {user.user_id: amount})
    writes.commit()
    return stored


def book_unassigned(container: Container, cents: int) -> None:
    """Book a bank entry that no transfer explains."""
    now, writes = container.clock(), loan_repository(container).writes()
    lines = transfer(EXTERNAL_CASH, PLATFORM_SUSPENSE, Money(cents), EntryType.DEPOSIT)
    container.wallets.add(writes, Journal(new_id(now), now, lines, reference="line"))
    writes.commit()


def change_item(storage: Storage, table: str, key: Mapping[str, str], name: str, cents: int) -> None:
    """Overwrite a number of an item."""
    storage.client.update_item(
        TableName=f"{storage.prefix}{table}",
        Key={attribute: {"S": value} for attribute, value in key.items()},
        UpdateExpression="SET #n = :c",
        ExpressionAttributeNames={"#n": name},
        ExpressionAttributeValues={":c": {"N": str(cents)}},
    )


@pytest.fixture
def lender(container: Container, service_factory: ServiceFactory, clock: FixedClock) -> Actor:
    """A lender with transfers of every kind, a reserved offer and a receivable's worth of history."""
    lender = service_factory.lender()
    store_transfer(container, lender, Direction.DEPOSIT, 90_000, TransferStatus.SETTLED)
    store_transfer(container, lender, Direction.DEPOSIT, 5_000, TransferStatus.PENDING)
    store_transfer(container, lender, Direction.WITHDRAWAL, 1_000, TransferStatus.SETTLED)
    store_transfer(container, lender, Direction.WITHDRAWAL, 2_000, TransferStatus.SUBMITTED)
    store_transfer(container, lender, Direction.WITHDRAWAL, 3_000, TransferStatus.REQUESTED)
    book_unassigned(container, 700)
    rule = service_factory.rule(lender, amount="100.00")
    loan_id = service_factory.open_loan(service_factory.borrower(), amount="1000.00")
    assert container.matching.place(lender.user_id, rule.rule.id, loan_id).placed == Money.of("100.00")
    clock.advance(minutes=5)
    return lender


def test_transfers_and_reservations_agree_with_the_ledger(
    container: Container, service: ReconciliationService, lender: Actor, alarms: Mapping[str, int]
) -> None:
    counts = service.start()

    assert (counts["transfers"], counts["reservations"]) == (5, 1)
    report = report_content(container)
    assert (report["total"], report["listed"], report["undecided"]) == ("0.00", [], 0)
    assert alarms["LedgerMismatches"] == 0


def test_lost_transfer_is_reported(
    container: Container, service: ReconciliationService, storage: Storage, lender: Actor, queue: RecordingQueue
) -> None:
    settled = next(item for item in storage.items("transfers") if item["amount_cents"]["N"] == "90000")
    key = {name: settled[name] for name in ("pk", "sk")}
    storage.client.delete_item(TableName=f"{storage.prefix}transfers", Key=key)

    first = service.start()
    drain(service, queue)

    assert first["second_look"] == 1
    assert report_content(container)["listed"] == [
        {"account": "external:cash", "expected": "10.00", "found": "-890.00"}
    ]


def test_transfer_settled_without_its_journal_is_reported(
    container: Container, service: ReconciliationService, storage: Storage, lender: Actor, queue: RecordingQueue
) -> None:
    pending = next(item for item in storage.items("transfers") if item["amount_cents"]["N"] == "5000")
    storage.client.put_item(
        TableName=f"{storage.prefix}transfers",
        Item={**pending, "transaction_id": {"S": derived_id(container.clock() - timedelta(minutes=2), "lost")}},
    )

    service.start()
    drain(service, queue)

    assert report_content(container)["listed"] == [
        {"account": "external:cash", "expected": "-940.00", "found": "-890.00"}
    ]


@pytest.mark.parametrize("difference", [-1, 1], ids=["too little is reserved", "a reservation leaked"])
def test_wrong_reserved_amount_is_reported(
    container: Container,
    service: ReconciliationService,
    storage: Storage,
    lender: Actor,
    alarms: Mapping[str, int],
    difference: int,
) -> None:
    wallet = container.wallets.balance_of(lender.user_id)
    key = {"account": f"wallet:{lender.user_id}"}
    change_item(storage, "wallets", key, "reserved_cents", wallet.reserved.cents + difference)
    change_item(storage, "wallets", key, "available_cents", wallet.available.cents - difference)

    service.start()

    assert report_content(container)["listed"] == [
        {
            "account": f"reserved:{lender.user_id}",
            "expected": str(wallet.reserved),
            "found": str(wallet.reserved + Money(difference)),
        }
    ]
    assert alarms["LedgerMismatches"] == 1


def test_withdrawal_without_reservation_is_reported(
    container: Container, service: ReconciliationService, storage: Storage, lender: Actor
) -> None:
    wallet = container.wallets.balance_of(lender.user_id)
    key = {"account": f"wallet:{lender.user_id}"}
    change_item(storage, "wallets", key, "reserved_cents", 0)
    change_item(storage, "wallets", key, "available_cents", wallet.balance.cents)

    service.start()

    assert {(each["account"], each["found"]) for each in report_content(container)["listed"]} == {
        (f"reserved:{lender.user_id}", "0.00")
    }


def test_reservation_of_a_moment_ago_is_undecided(
    container: Container, service: ReconciliationService, storage: Storage, lender: Actor
) -> None:
    store_transfer(container, lender, Direction.WITHDRAWAL, 500, TransferStatus.REQUESTED)
    change_item(storage, "wallets", {"account": f"wallet:{lender.user_id}"}, "reserved_cents", 1)
    change_item(storage, "wallets", {"account": f"wallet:{lender.user_id}"}, "available_cents", 88_999)

    service.start()

    report = report_content(container)
    assert (report["listed"], report["undecided"]) == ([], 1)


def restrict(container: Container, clock: FixedClock, user: Actor, amount: str) -> None:
    """Return a deposit of the user, and let the time pass until it counts."""
    writes = loan_repository(container).writes()
    container.wallets.add_deposit_return(writes, user.user_id, Money.of(amount), "Deposit returned")
    writes.commit()
    clock.advance(minutes=5)


def test_receivables_are_listed(
    container: Container, service: ReconciliationService, service_factory: ServiceFactory, clock: FixedClock
) -> None:
    debtor = service_factory.lender("30.00")
    restrict(container, clock, debtor, "100.00")

    counts = service.start()

    report = report_content(container)
    assert (counts["receivables"], report["receivable"], report["listed"]) == (1, "70.00", [])
    assert report["owed"] == [{"user_id": debtor.user_id, "amount": "70.00"}]


@pytest.mark.parametrize("stored", [0, 6_999, 7_001])
def test_receivable_unlike_its_postings_is_reported(
    container: Container,
    service: ReconciliationService,
    service_factory: ServiceFactory,
    storage: Storage,
    clock: FixedClock,
    stored: int,
) -> None:
    debtor = service_factory.lender("30.00")
    restrict(container, clock, debtor, "100.00")
    change_item(storage, "wallets", {"account": f"wallet:{debtor.user_id}"}, "receivable_cents", stored)

    service.start()

    assert report_content(container)["listed"] == [
        {"account": f"receivable:{debtor.user_id}", "expected": str(Money(-stored)), "found": "-70.00"}
    ]


def test_receivable_without_postings_is_reported(
    container: Container,
    service: ReconciliationService,
    service_factory: ServiceFactory,
    storage: Storage,
    clock: FixedClock,
    queue: RecordingQueue,
) -> None:
    debtor = service_factory.lender("30.00")
    restrict(container, clock, debtor, "100.00")
    remove_postings(storage, f"receivable:{debtor.user_id}")

    service.start()
    drain(service, queue)

    assert {each["account"]: each["found"] for each in report_content(container)["listed"]} == {
        "all accounts": "70.00",
        f"receivable:{debtor.user_id}": "0.00",
    }
