"""Reconciliation: a correct ledger, seeded differences, long runs, concurrent transactions."""

from collections.abc import Mapping
from functools import partial

import pytest

from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.schedule import JobName
from chalicelib.reporting.domain.reconciliation import Progress, SegmentKind
from chalicelib.reporting.repository.reconciliations import ReconciliationRepository
from chalicelib.reporting.service.reconciliation import RECONCILE, ReconciliationService
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import derived_id, new_id
from chalicelib.shared.money import Money
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.integration.reporting.reconciliation_runs import (
    AT_LEAST_ONE_PAGE,
    build_service,
    drain,
    remove_postings,
    report_content,
)
from tests.integration.reporting.sample_loans import OPERATOR, create_sample_loans
from tests.killed_process import killed_at_write
from tests.queues import RecordingQueue


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

    written = report_content(container)
    assert (counts["accounts"], written["accounts"]) == (6, 6)
    assert ReconciliationRepository(container.database).find(written["run"]) == []
    assert container.worker.do(BackgroundJob(RECONCILE, written["run"], "LEDGER#0")) == 1
    assert container.worker.do(BackgroundJob(RECONCILE, new_id(container.clock()), "LEDGER#0")) == 1
    assert report_content(container) == written


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
