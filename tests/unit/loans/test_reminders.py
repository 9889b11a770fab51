"""Reminders of the oldest unpaid instalment: which one is due, and how it is stored."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_account, remind_borrower, with_current_figures
from chalicelib.loans.domain.loan_account import REMINDER_DAYS
from chalicelib.loans.domain.reminders import Reminder, reminder_days
from chalicelib.loans.repository.mapping import loan_item, loan_of
from chalicelib.servicing.domain.payment import allocate_payment, apply_payment
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.money import Money
from tests.unit.loans.funded_loans import funded_loan
from tests.unit.loans.loan_accounts import at

DUE = date(2026, 2, 28)
NEXT_DUE = date(2026, 3, 31)


def loan(next_action_on: date = DUE - timedelta(days=3)) -> FundedLoan:
    """1,000.00 for six months, first due on 28 February."""
    found = funded_loan([Money.of("1000.00")])
    return replace(found, loan=replace(found.loan, next_action_on=next_action_on))


def act(found: FundedLoan, day: date) -> FundedLoan:
    """Act as the job does on a day."""
    return remind_borrower(accrue_account(found, day), at(day))


def pay(found: FundedLoan, day: date, amount: str | None = None) -> FundedLoan:
    accrued = accrue_account(found, day)
    money = Money.of(amount) if amount else None
    return apply_payment(accrued, allocate_payment(accrued.account, money, Strategy.REDUCE_TERM, at(day)), at(day))


def test_each_day_of_the_oldest_unpaid_instalment_has_one_reminder() -> None:
    found, recorded = loan(), list[Reminder]()

    for day in (DUE + timedelta(days=days) for days in range(-10, 28)):
        if found.loan.next_action_on and found.loan.next_action_on <= day:
            before, found = found.loan.reminder, act(found, day)
            assert found.loan.next_action_on
            assert found.loan.next_action_on > day
            recorded += [found.loan.reminder] if found.loan.reminder and found.loan.reminder != before else []

    assert [(each.due_date, each.days, each.number, each.at.date()) for each in recorded] == [
        (DUE, days, 1, DUE + timedelta(days=days)) for days in REMINDER_DAYS
    ]
    assert recorded[0].amount == recorded[1].amount < recorded[-1].amount  # late interest


@pytest.mark.parametrize(
    ("since", "today", "days"), [(-3, 10, 7), (-3, 2, 1), (-3, -1, -3), (8, 13, None), (-9, -4, None), (14, 14, 14)]
)
def test_late_job_records_only_the_latest_reminder(since: int, today: int, days: int | None) -> None:
    account = loan().account.accrue(DUE + timedelta(days=today))

    assert reminder_days(account, DUE + timedelta(days=since), DUE + timedelta(days=today)) == days


def test_payment_ends_the_reminders_of_an_instalment() -> None:
    after = pay(loan(), DUE - timedelta(days=3))

    assert after.loan.next_action_on == NEXT_DUE - timedelta(days=3)
    assert after.loan.reminder is None


def test_payment_of_a_part_does_not_prevent_a_reminder() -> None:
    day = DUE + timedelta(days=7)

    after = act(pay(loan(day), day, "100.00"), day)

    assert after.loan.reminder
    assert after.loan.reminder.days == 7
    assert after.loan.reminder.amount == after.account.instalments[0].unpaid


def test_next_overdue_instalment_is_not_reminded_of_past_days() -> None:
    day = DUE + timedelta(days=40)
    reminded = act(loan(), day)

    after = pay(reminded, day)

    assert after.loan.next_due_date == NEXT_DUE
    assert after.loan.next_action_on == NEXT_DUE + timedelta(days=14)


def test_default_and_small_remainder_have_no_reminders() -> None:
    defaulted = funded_loan([Money.of("1000.00")], default_days=7).account.accrue(DUE + timedelta(days=7))
    last = funded_loan([Money.of("1000.00")], months=1)
    nearly_paid = pay(last, DUE, str(last.account.remaining - Money.of("0.10"))).account

    assert reminder_days(defaulted, DUE, DUE + timedelta(days=7)) is None
    assert reminder_days(nearly_paid, DUE, DUE) is None


def test_reminder_is_stored_with_the_loan() -> None:
    reminder = Reminder(DUE, -3, 1, Money.of("172.55"), at(DUE - timedelta(days=3)))
    stored = replace(loan().loan, reminder=reminder)

    assert loan_of(loan_item(stored, 1)).reminder == reminder
    assert loan_of(loan_item(replace(stored, reminder=None), 1)).reminder is None


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["job", "pay", "part"])), max_size=20))
def test_no_reminder_is_wrong_or_repeated(steps: list[tuple[int, str]]) -> None:
    found, day, recorded = loan(), DUE - timedelta(days=20), list[Reminder]()

    for passed, step in steps:
        day += timedelta(days=passed)
        if step != "job" and found.account.remaining:
            found = pay(found, day, "20.00" if step == "part" else None)
        elif found.loan.next_action_on and found.loan.next_action_on <= day:
            before, found = found.loan.reminder, act(found, day)
            if found.loan.reminder != before and found.loan.reminder:
                assert found.loan.reminder.due_date == found.account.next_due_date
                assert found.loan.reminder.due_date + timedelta(days=found.loan.reminder.days) <= day
                recorded.append(found.loan.reminder)

    assert len({(each.due_date, each.days) for each in recorded}) == len(recorded)


def test_figures_keep_a_reminder_that_is_due() -> None:
    stored = loan()

    figures = with_current_figures(stored.loan, stored.account, DUE - timedelta(days=2))

    assert figures.next_action_on == DUE - timedelta(days=3)
