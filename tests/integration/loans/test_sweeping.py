"""What the clock does to all loans whose day has come, and what finding them costs."""

from __future__ import annotations

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
from tests.killing import Killed, kill_at_write
from tests.queues import RecordingQueue
from tests.stored_state import stored_loan

DUE = date(2026, 2, 16)
FAR = date(2027, 1, 1)


def a_running_loan(container: Container) -> str:
    lender = ServiceFactory(container).lender("2000.00")
    return ServiceFactory(container).funded_loan(ServiceFactory(container).borrower(), {lender: "1000.00"})


def test_nothing_is_due_on_the_due_date_itself(container: Container, clock: FixedClock) -> None:
    a_running_loan(container)
    clock.set_date(DUE - timedelta(days=1))

    assert container.lifecycle.check_overdue() == {"due": 0, "queued": 0, "failed": 0}


def test_a_loan_falls_overdue_the_day_after_and_moves_to_its_next_date(container: Container, clock: FixedClock) -> None:
    loan_id = a_running_loan(container)
    clock.set_date(DUE)

    assert container.lifecycle.check_overdue() == {"due": 1, "queued": 0, "failed": 0, "accrued": 1}

    assert stored_loan(container, loan_id).next_action_on == date(2026, 3, 16)
    assert container.lifecycle.check_overdue()["due"] == 0


def test_days_that_were_missed_are_caught_up_in_one_run(container: Container, clock: FixedClock) -> None:
    loan_id = a_running_loan(container)
    clock.set_date(date(2026, 12, 24))

    assert container.lifecycle.check_overdue()["defaulted"] == 1

    assert stored_loan(container, loan_id).status is LoanStatus.DEFAULTED
    assert stored_loan(container, loan_id).next_action_on is None


def test_requests_expire_and_fundings_lapse_apart_from_running_loans(
    container: Container, service_factory: ServiceFactory, clock: FixedClock
) -> None:
    lender = service_factory.lender("2000.00")
    borrower = service_factory.borrower()
    request = service_factory.open_loan(borrower)
    covered = service_factory.subscribed_loan(borrower, {lender: "500.00"})
    running = a_running_loan(container)
    clock.set_date(DUE)

    assert container.lifecycle.expire_stale() == {"due": 2, "queued": 0, "failed": 0, "expired": 1, "lapsed": 1}

    assert stored_loan(container, request).status is LoanStatus.CANCELLED
    assert stored_loan(container, covered).status is LoanStatus.REQUESTED
    assert stored_loan(container, running).next_action_on == DUE


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_sweep_killed_at_any_of_its_writes_is_ended_by_the_next_one(
    container: Container, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    loan_ids = [a_running_loan(container) for _ in range(3)]
    clock.set_date(DUE)

    for write in (1, 2):
        with monkeypatch.context() as patch:
            kill_at_write(patch, write, after=after)
            with pytest.raises(Killed):
                container.lifecycle.check_overdue()
    container.lifecycle.check_overdue()

    assert {stored_loan(container, loan_id).next_action_on for loan_id in loan_ids} == {date(2026, 3, 16)}


def test_a_loan_that_cannot_be_acted_on_does_not_keep_the_others(
    container: Container, clock: FixedClock, storage: Storage
) -> None:
    broken, sound = a_running_loan(container), a_running_loan(container)
    storage.client.update_item(
        TableName=f"{storage.prefix}loans",
        Key={"pk": {"S": f"LOAN#{broken}"}, "sk": {"S": "SCHEDULE"}},
        UpdateExpression="REMOVE #rows",
        ExpressionAttributeNames={"#rows": "instalments"},
    )
    clock.set_date(DUE)

    assert container.lifecycle.check_overdue() == {"due": 2, "queued": 0, "failed": 1, "accrued": 1}
    assert stored_loan(container, sound).next_action_on == date(2026, 3, 16)


def test_above_a_page_the_queue_carries_the_rest_and_workers_do_it(
    container: Container, clock: FixedClock, storage: Storage, queue: RecordingQueue
) -> None:
    copied_loans(storage, a_running_loan(container), count=129, due=DUE)
    clock.set_date(DUE)
    queue.sent.clear()

    counts = container.lifecycle.check_overdue()
    assert counts == {"due": 130, "queued": 30, "failed": 0, "accrued": 100}
    assert {work.kind for work in queue.sent} == {ACT_ON_LOAN}
    for work in [*queue.sent, *queue.sent[:3]]:
        container.worker.do(work)

    assert container.lifecycle.check_overdue()["due"] == 0


def test_a_list_that_goes_on_by_the_queue_is_read_from_where_it_stopped(
    container: Container, clock: FixedClock, storage: Storage, queue: RecordingQueue
) -> None:
    copied_loans(storage, a_running_loan(container), count=9, due=DUE)
    clock.set_date(DUE)
    queue.sent.clear()

    assert container.worker.do(BackgroundJob(CONTINUE_DUE_LOANS, "ACTION#0", f"{DUE - timedelta(days=1)}#last")) == 10
    assert len(queue.sent) == 10


def cost_of_a_check(container: Container) -> ConsumedCapacity:
    with record_consumed_capacity() as meter:
        container.lifecycle.check_overdue()
    return meter


def test_the_check_costs_what_is_due_whatever_the_number_of_loans(
    container: Container, clock: FixedClock, storage: Storage
) -> None:
    pattern = a_running_loan(container)
    copied_loans(storage, pattern, count=19, due=DUE)
    clock.set_date(DUE)
    alone = cost_of_a_check(container)
    copied_loans(storage, pattern, count=20, due=DUE)
    next_action_entries(storage, count=600, due=FAR)

    among_many = cost_of_a_check(container)

    assert set(among_many.operations) == {"Query", "BatchGetItem", "TransactWriteItems"}
    assert among_many.operations == alone.operations
    assert (among_many.read_units, among_many.write_units) == (alone.read_units, alone.write_units)


def test_shards_of_the_index_are_all_read(
    settings: Settings, container: Container, clock: FixedClock, queue: RecordingQueue
) -> None:
    spread = Container(replace(settings, status_shards=3), clock=clock, queue=queue)
    for _ in range(5):
        a_running_loan(spread)
    clock.set_date(DUE)

    assert spread.lifecycle.check_overdue()["due"] == 5
