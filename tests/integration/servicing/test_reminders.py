"""Reminders that the job records on loans: each once, whatever runs twice, late, at the same time, or is killed."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import pytest

from chalicelib.container import Container
from chalicelib.loans.domain.loan_account import REMINDER_DAYS
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.concurrent_calls import run_concurrently
from tests.factories import ServiceFactory
from tests.killed_process import killed_at_write
from tests.stored_state import loan_repository, stored_loan

DUE: Final = date(2026, 2, 15)
NEXT_DUE: Final = date(2026, 3, 15)


@pytest.fixture
def borrower(container: Container) -> Actor:
    return ServiceFactory(container).borrower("500.00")


@pytest.fixture
def loan_id(container: Container, borrower: Actor) -> str:
    """A loan of 1,000.00 for six months; its borrower has 500.00."""
    factory = ServiceFactory(container)
    loan_id = factory.funded_loan(borrower, {factory.lender("2000.00"): "1000.00"}, 6)
    container.wallets.withdraw(borrower, Money.of("1000.00"), "")
    return loan_id


def day_after(days: int) -> date:
    return DUE + timedelta(days=days)


def run_on(container: Container, clock: FixedClock, day: date) -> Mapping[str, int]:
    clock.set_date(day)
    return {name: count for name, count in container.lifecycle.check_overdue().items() if count}


def reminder(container: Container, loan_id: str) -> tuple[date, int, date] | None:
    """Due date, days after it, and the day on which the reminder was recorded."""
    found = stored_loan(container, loan_id).reminder
    return None if found is None else (found.due_date, found.days, found.at.date())


def reminders_of_runs(container: Container, clock: FixedClock, loan_id: str, days: range) -> list[tuple[date, int]]:
    """Run the job twice on each day after the first due date; return the reminders that it recorded."""
    recorded = []
    for day in map(day_after, days):
        for _ in range(2):
            before = reminder(container, loan_id)
            run_on(container, clock, day)
            after = reminder(container, loan_id)
            if after is not None and after != before:
                assert after[2] == day
                recorded.append(after[:2])
    return recorded


def test_borrower_is_reminded_on_five_days(container: Container, clock: FixedClock, loan_id: str) -> None:
    recorded = reminders_of_runs(container, clock, loan_id, range(-10, 28))

    assert recorded == [(DUE, days) for days in REMINDER_DAYS]
    found = stored_loan(container, loan_id).reminder
    assert found is not None
    assert (found.number, found.amount > Money.of("172.55")) == (1, True)  # with late interest


def test_late_run_records_the_latest_reminder(container: Container, clock: FixedClock, loan_id: str) -> None:
    assert run_on(container, clock, day_after(10)) == {"due": 1, "accrued": 1}
    assert reminder(container, loan_id) == (DUE, 7, day_after(10))

    assert reminders_of_runs(container, clock, loan_id, range(10, 28)) == [(DUE, 14)]


def test_payment_before_a_reminder_prevents_it(
    container: Container, clock: FixedClock, loan_id: str, borrower: Actor
) -> None:
    run_on(container, clock, day_after(-3))
    clock.set_date(day_after(0))
    container.payments.pay(borrower, loan_id)

    assert run_on(container, clock, day_after(0)) == {}

    assert reminder(container, loan_id) == (DUE, -3, day_after(-3))
    assert reminders_of_runs(container, clock, loan_id, range(1, 28)) == [(NEXT_DUE, -3)]


def test_payment_of_a_part_does_not_prevent_a_reminder(
    container: Container, clock: FixedClock, loan_id: str, borrower: Actor
) -> None:
    clock.set_date(day_after(-3))
    container.payments.pay(borrower, loan_id, Money.of("100.00"))

    assert run_on(container, clock, day_after(-3)) == {"due": 1, "reminded": 1}

    found = stored_loan(container, loan_id).reminder
    assert found is not None
    assert (found.days, found.amount) == (-3, Money.of("72.55"))


def test_repaid_loan_has_no_reminder(container: Container, clock: FixedClock, loan_id: str, borrower: Actor) -> None:
    clock.set_date(day_after(-3))
    container.wallets.deposit(borrower, Money.of("1000.00"), "")
    container.payments.pay(borrower, loan_id, Money.of("2000.00"))

    assert reminders_of_runs(container, clock, loan_id, range(-3, 16)) == []


def test_autopay_is_announced_and_its_failure_is_reminded(
    container: Container, clock: FixedClock, loan_id: str, borrower: Actor
) -> None:
    container.autopay.enable(borrower, loan_id)

    collected = reminders_of_runs(container, clock, loan_id, range(-5, 20))
    container.wallets.withdraw(borrower, container.wallets.balance_of(borrower.user_id).available, "")
    failed = reminders_of_runs(container, clock, loan_id, range(20, 40))

    assert collected == [(DUE, -3)]
    assert failed == [(NEXT_DUE, -3), (NEXT_DUE, 0), (NEXT_DUE, 1), (NEXT_DUE, 7)]


def test_holiday_moves_reminders(container: Container, clock: FixedClock, loan_id: str) -> None:
    run_on(container, clock, day_after(-3))
    operator = ServiceFactory(container).user(Role.ADMIN)
    plan = container.rescheduling.plan(operator, loan_id, NewTerms(holiday_months=1))
    writes = loan_repository(container).writes()
    container.rescheduling.add(writes, plan, Ground.CONTRACTUAL)
    writes.commit()

    recorded = reminders_of_runs(container, clock, loan_id, range(-3, 30))

    assert recorded == [(NEXT_DUE, -3), (NEXT_DUE, 0), (NEXT_DUE, 1)]


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_killed_run_records_the_reminder_once(
    container: Container, clock: FixedClock, loan_id: str, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    version = stored_loan(container, loan_id).version
    clock.set_date(day_after(-3))

    killed_at_write(monkeypatch, container.lifecycle.check_overdue, 1, after=after)
    run_on(container, clock, day_after(-3))

    assert reminder(container, loan_id) == (DUE, -3, day_after(-3))
    assert stored_loan(container, loan_id).version == version + 1


def test_overlapping_runs_record_the_reminder_once(container: Container, clock: FixedClock, loan_id: str) -> None:
    version = stored_loan(container, loan_id).version
    clock.set_date(day_after(-3))

    run_concurrently([container.lifecycle.check_overdue] * 4)

    assert stored_loan(container, loan_id).version == version + 1
