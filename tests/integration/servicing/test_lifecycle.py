"""Daily jobs on due loans, and the cost of finding them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.consumed_capacity import ConsumedCapacity, record_consumed_capacity
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.servicing.service.lifecycle import ACT_ON_LOAN, CONTINUE_DUE_LOANS
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.bulk_loans import copied_loans, next_action_entries
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.killed_process import killed_at_write
from tests.queues import RecordingQueue
from tests.stored_state import stored_loan

DUE = date(2026, 2, 16)
FAR = date(2027, 1, 1)


def funded_loan(container: Container) -> str:
    factory = ServiceFactory(container)
    return factory.funded_loan(factory.borrower(), {factory.lender("2000.00"): "1000.00"})


def test_loan_is_overdue_the_next_day(container: Container, clock: FixedClock) -> None:
    loan_id = funded_loan(container)

    clock.set_date(DUE - timedelta(days=1))
    assert container.lifecycle.check_overdue() == {"due": 1, "queued": 0, "failed": 0, "reminded": 1}
    clock.set_date(DUE)
    assert container.lifecycle.check_overdue() == {"due": 1, "queued": 0, "failed": 0, "accrued": 1}

    assert stored_loan(container, loan_id).next_action_on == DUE + timedelta(days=6)
    assert container.lifecycle.check_overdue()["due"] == 0


def test_missed_days_are_caught_up_in_one_run(container: Container, clock: FixedClock) -> None:
    loan_id = funded_loan(container)
    clock.set_date(date(2026, 12, 24))

    assert container.lifecycle.check_overdue()["defaulted"] == 1

    assert stored_loan(container, loan_id).status is LoanStatus.DEFAULTED
    assert stored_loan(container, loan_id).next_action_on is None


def test_requests_expire_and_fundings_lapse(
    container: Container, service_factory: ServiceFactory, clock: FixedClock
) -> None:
    lender = service_factory.lender("2000.00")
    borrower = service_factory.borrower()
    request = service_factory.open_loan(borrower)
    covered = service_factory.subscribed_loan(borrower, {lender: "500.00"})
    running = funded_loan(container)
    clock.set_date(DUE)

    assert container.lifecycle.expire_stale() == {"due": 2, "queued": 0, "failed": 0, "expired": 1, "lapsed": 1}

    assert stored_loan(container, request).status is LoanStatus.CANCELLED
    assert stored_loan(container, covered).status is LoanStatus.REQUESTED
    assert stored_loan(container, running).next_action_on == DUE - timedelta(days=4)


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_interrupted_run_is_completed_by_the_next(
    container: Container, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    loan_ids = [funded_loan(container) for _ in range(3)]
    clock.set_date(DUE)

    for write in (1, 2):
        killed_at_write(monkeypatch, container.lifecycle.check_overdue, write, after=after)
    container.lifecycle.check_overdue()

    assert {stored_loan(container, loan_id).next_action_on for loan_id in loan_ids} == {DUE + timedelta(days=6)}


def test_failing_loan_does_not_stop_the_others(container: Container, clock: FixedClock, storage: Storage) -> None:
    broken, sound = funded_loan(container), funded_loan(container)
    storage.client.update_item(
        TableName=f"{storage.prefix}loans",
        Key={"pk": {"S": f"LOAN#{broken}"}, "sk": {"S": "SCHEDULE"}},
        UpdateExpression="REMOVE #rows",
        ExpressionAttributeNames={"#rows": "instalments"},
    )
    clock.set_date(DUE)

    assert container.lifecycle.check_overdue() == {"due": 2, "queued": 0, "failed": 1, "accrued": 1}
    assert stored_loan(container, sound).next_action_on == DUE + timedelta(days=6)


def test_loans_after_the_first_page_are_queued(
    container: Container, clock: FixedClock, storage: Storage, queue: RecordingQueue
) -> None:
    copied_loans(storage, funded_loan(container), count=129, due=DUE)
    clock.set_date(DUE)
    queue.sent.clear()

    counts = container.lifecycle.check_overdue()
    assert counts == {"due": 130, "queued": 30, "failed": 0, "accrued": 100}
    assert {work.kind for work in queue.sent} == {ACT_ON_LOAN}
    for work in [*queue.sent, *queue.sent[:3]]:
        container.worker.do(work)

    assert container.lifecycle.check_overdue()["due"] == 0


def test_continued_list_starts_at_its_position(
    container: Container, clock: FixedClock, storage: Storage, queue: RecordingQueue
) -> None:
    copied_loans(storage, funded_loan(container), count=10, due=DUE)
    clock.set_date(DUE)
    queue.sent.clear()

    assert container.worker.do(BackgroundJob(CONTINUE_DUE_LOANS, "ACTION#0", f"{DUE - timedelta(days=1)}#last")) == 10
    assert len(queue.sent) == 10


def cost_of_a_check(container: Container) -> ConsumedCapacity:
    with record_consumed_capacity() as meter:
        container.lifecycle.check_overdue()
    return meter


def test_cost_depends_only_on_due_loans(container: Container, clock: FixedClock, storage: Storage) -> None:
    pattern = funded_loan(container)
    copied_loans(storage, pattern, count=19, due=DUE)
    clock.set_date(DUE)
    alone = cost_of_a_check(container)
    copied_loans(storage, pattern, count=20, due=DUE)
    next_action_entries(storage, count=600, due=FAR)

    among_many = cost_of_a_check(container)

    assert set(among_many.operations) == {"Query", "BatchGetItem", "TransactWriteItems"}
    assert among_many.operations == alone.operations
    assert (among_many.read_units, among_many.write_units) == (alone.read_units, alone.write_units)


def test_all_index_shards_are_read(
    settings: Settings, container: Container, clock: FixedClock, queue: RecordingQueue
) -> None:
    spread = Container(replace(settings, status_shards=3), clock=clock, queue=queue)
    for _ in range(5):
        funded_loan(spread)
    clock.set_date(DUE)

    assert spread.lifecycle.check_overdue()["due"] == 5
