"""Reschedules: interest earned so far stays, and the new terms apply from the day of the change."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.errors import NothingToReschedule
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.loans.domain.reschedule_proposal import NewTerms
from chalicelib.servicing.domain.payment import ApplyTo
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.servicing.domain.rescheduling import reschedule
from chalicelib.shared.money import ZERO, Money, Rate
from tests.unit.loans.loan_accounts import LATE_INTEREST, loan_account, paid

FUNDED_ON = date(2026, 4, 15)  # the first period has 30 days
METHODS = pytest.mark.parametrize("method", Method)


def terms(rate: str | None = None, remaining: int | None = None, holiday: int = 0) -> NewTerms:
    return NewTerms(remaining, None if rate is None else Rate.percent(rate), holiday)


def day(number: int) -> date:
    return FUNDED_ON + timedelta(days=number)


def current(account: LoanAccount, today: date) -> Instalment:
    found = account.current_instalment(today)
    assert found
    return found


def test_holiday_interest_survives_a_second_reschedule() -> None:
    account = loan_account("1200.00", "12.00", 12, funded_on=FUNDED_ON)

    postponed = reschedule(account, terms(holiday=6), FUNDED_ON)
    again = reschedule(postponed, terms("12.00"), FUNDED_ON)

    assert postponed.instalments[0].interest == Money.of("84.00")
    assert again == postponed


def test_holiday_interest_is_repriced_only_from_today() -> None:
    account = reschedule(loan_account("1200.00", "12.00", 12, funded_on=FUNDED_ON), terms(holiday=6), FUNDED_ON)
    today = date(2026, 8, 15)  # 122 of 214 days, which bear seven months' interest
    earned = account.payoff(today).interest

    cheaper = reschedule(account, terms("6.00"), today)

    assert earned == Money.of("47.89")
    assert cheaper.payoff(today).interest == earned
    assert cheaper.instalments[0].interest == earned + Money.of("18.06")  # 1200.00 × 0.5 % × 7 × 92/214


def test_interest_after_a_prepayment_survives_a_reschedule() -> None:
    account = loan_account("12000.00", "12.00", 12, funded_on=FUNDED_ON)

    prepaid = paid(account, day(15), "7000.00", apply_to=ApplyTo.PRINCIPAL).account
    again = reschedule(prepaid, terms("12.00"), day(15))

    assert prepaid.instalments[0].interest == Money.of("85.30")
    assert again == prepaid


def test_new_rate_applies_from_the_day_of_the_reschedule() -> None:
    account = loan_account("1200.00", "10.00", 12, funded_on=FUNDED_ON)

    dearer = reschedule(account, terms("50.00"), day(29))

    assert account.payoff(day(29)).amount == dearer.payoff(day(29)).amount == Money.of("1209.67")
    assert dearer.payoff(day(30)).interest == Money.of("11.34")  # the last day at 50 %: 50.00 / 30
    assert dearer.instalments[0].interest == Money.of("11.34")
    assert {each.amount for each in dearer.instalments[:-1]} == {dearer.level_payment}


@METHODS
def test_same_terms_leave_the_schedule_unchanged(method: Method) -> None:
    account = loan_account("1200.00", "11.00", 12, method=method, funded_on=FUNDED_ON)
    account = paid(account, day(10), "50.00").account

    assert reschedule(account, terms("11.00"), day(40)) == account.accrue(day(40))
    assert reschedule(account, terms(remaining=11), day(40)) == account
    assert reschedule(account, terms("11.00", 11), day(40)) == account


@METHODS
def test_payoff_is_the_same_before_and_after_a_reschedule(method: Method) -> None:
    account = loan_account("1200.00", "11.00", 12, method=method, funded_on=FUNDED_ON)

    for change in (terms("3.00"), terms("40.00"), terms(remaining=20), terms("7.00", 3), terms(holiday=4)):
        for today in (FUNDED_ON, day(1), day(29), day(30), day(44)):
            assert reschedule(account, change, today).payoff(today) == account.payoff(today), (change, today)


@METHODS
def test_due_instalments_stay_due(method: Method) -> None:
    account = loan_account("1200.00", "12.00", 12, method=method, funded_on=FUNDED_ON)

    for change in (terms("6.00"), terms(remaining=5), terms(holiday=3)):
        assert reschedule(account, change, day(70)).instalments[:2] == account.instalments[:2]


@METHODS
def test_holiday_adds_its_simple_interest_to_the_first_instalment(method: Method) -> None:
    account = loan_account("1200.00", "12.00", 12, method=method, funded_on=FUNDED_ON)

    postponed = reschedule(account, terms(holiday=3), day(12))

    assert [each.principal for each in postponed.instalments] == [each.principal for each in account.instalments]
    assert [each.interest for each in postponed.instalments] == [
        account.instalments[0].interest + Money.of("36.00"),
        *(each.interest for each in account.instalments[1:]),
    ]
    assert postponed.instalments[0].due_date == date(2026, 8, 15)
    assert postponed.instalments[-1].due_date == date(2027, 7, 15)


@METHODS
def test_interest_accrues_evenly_through_a_holiday(method: Method) -> None:
    account = loan_account("1200.00", "12.00", 12, method=method, funded_on=FUNDED_ON)

    postponed = reschedule(account, terms(holiday=3), day(12))

    due_date = postponed.instalments[0].due_date
    days = [FUNDED_ON + timedelta(days=number) for number in range((due_date - FUNDED_ON).days + 1)]
    earned = [postponed.payoff(each).interest for each in days if each >= day(12)]
    steps = {(after - before).cents for before, after in pairwise(earned)}
    assert max(steps) - min(steps) <= 1
    assert earned[-1] == postponed.instalments[0].interest


def test_interest_paid_ahead_is_not_charged_again_after_a_holiday() -> None:
    account = paid(loan_account("1200.00", "12.00", 12, funded_on=FUNDED_ON), day(5), "60.00").account
    assert account.instalments[0].unpaid_interest == ZERO  # 12.00 interest and 48.00 principal

    postponed = reschedule(account, terms(holiday=2), day(10))

    assert postponed.payoff(day(30)).interest == ZERO  # paid up to the old due date
    assert postponed.payoff(date(2026, 7, 14)).interest == Money.of("22.66")  # 1152.00 × 2 % × 60/61
    assert postponed.instalments[0].unpaid_interest == Money.of("23.04")


def test_interest_paid_ahead_stays_paid_at_a_lower_rate() -> None:
    account = paid(loan_account("1200.00", "12.00", 12, funded_on=FUNDED_ON), day(5), "60.00").account

    cheaper = reschedule(account, terms("1.00"), day(10))

    assert cheaper.instalments[0].interest == cheaper.instalments[0].paid_interest == Money.of("12.00")
    assert cheaper.payoff(day(20)).interest == ZERO


def test_period_that_has_not_begun_earns_the_new_rate_only() -> None:
    account = paid(loan_account("1200.00", "12.00", 12, funded_on=FUNDED_ON), day(5)).account

    cheaper = reschedule(account, terms("6.00"), day(10))

    balance = account.outstanding
    assert cheaper.instalments[1].interest == balance.times(Rate.percent("0.50").per_year)
    assert cheaper.payoff(day(30)).interest == ZERO


def test_long_terms_keep_the_regular_principal_of_the_first_instalment() -> None:
    account = loan_account("100000.00", "3.00", 360, funded_on=FUNDED_ON)

    dearer = reschedule(account, terms("20.00"), day(28))

    regular = loan_account("100000.00", "20.00", 360, funded_on=FUNDED_ON)
    assert [each.principal for each in dearer.instalments] == [each.principal for each in regular.instalments]
    assert dearer.instalments[0].interest < regular.instalments[0].interest


def test_reschedule_after_a_prepayment_keeps_what_was_paid() -> None:
    account = loan_account("1200.00", "12.00", 12, funded_on=FUNDED_ON)
    prepaid = paid(account, day(15), "500.00", Strategy.REDUCE_INSTALMENT).account

    longer = reschedule(prepaid, terms("9.00", 20), day(20))

    assert longer.paid == prepaid.paid
    assert longer.outstanding == prepaid.outstanding
    assert Money.total(each.principal for each in longer.instalments) == account.principal


def test_loans_in_default_cannot_be_rescheduled() -> None:
    account = replace(loan_account(), defaulted_on=date(2026, 7, 1))

    with pytest.raises(NothingToReschedule):
        reschedule(account, terms("6.00"), date(2026, 7, 2))


def test_instalments_in_the_future_are_needed() -> None:
    account = loan_account(months=2, default_days=400)

    with pytest.raises(NothingToReschedule):
        reschedule(account, terms(holiday=1), account.instalments[-1].due_date)


def test_late_interest_bears_the_new_rate_from_today_only() -> None:
    account = loan_account("1200.00", "12.00", 12, late=LATE_INTEREST, funded_on=FUNDED_ON).accrue(day(50))
    assert account.instalments[0].late_interest == Money.of("0.62")  # 94.62 × 12 % × 20/365

    dearer = reschedule(account, terms("24.00"), day(50))

    assert dearer.accrue(day(50)).instalments[0].late_interest == Money.of("0.62")
    assert dearer.accrue(day(60)).instalments[0].late_interest == Money.of("1.24")  # and 94.62 × 24 % × 10/365
    assert dearer.payoff(day(50)) == account.payoff(day(50))


def test_partial_payment_ahead_keeps_interest_earned_before_it() -> None:
    """15 days earn 12 % of 12,000.00; the other 16 earn 24 % of the 11,420.00 that the payment left."""
    today = date(2026, 1, 30)
    ahead = paid(loan_account("12000.00", "12.00", 12), today, "700.00").account
    first = ahead.instalments[0]
    assert (first.paid_interest, first.paid_principal) == (Money.of("120.00"), Money.of("580.00"))

    dearer = reschedule(ahead, terms("24.00"), today)

    assert (first.earned, first.earned_on) == (Money.of("58.06"), today)
    assert dearer.instalments[0].interest == Money.of("58.06") + Money.of("117.88")
    assert ahead.payoff(today).interest == dearer.payoff(today).interest == ZERO
