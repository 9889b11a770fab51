"""Rescheduling: new terms, a new rate, or a payment holiday for the principal that is not due yet.

Interest earned so far is never lost or repriced: the current instalment keeps what it has earned, and the new rate
applies from the day of the change.
"""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from chalicelib.lending_math.accrual import interest_by_days
from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import monthly_rate
from chalicelib.lending_math.due_dates import due_dates
from chalicelib.loans.domain.errors import NothingToReschedule
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.loans.domain.reschedule_proposal import NewTerms
from chalicelib.servicing.domain.recalculation import (
    DueInstalment,
    payment_holiday,
    remaining_instalments,
    with_first_interest,
)
from chalicelib.shared.money import Rate


def reschedule(account: LoanAccount, terms: NewTerms, today: date) -> LoanAccount:
    """Return the account on new terms; due instalments remain due, and all payments remain.

    The same rate and the same number of remaining instalments leave the schedule as it is.

    Args:
        account: accrued to the day.
        terms: the changes.
        today: the day of the change.

    Raises:
        NothingToReschedule: no unpaid instalment is in the future, or the loan is in default.
        TermsNotAmortisable: the new terms give no schedule in whole cents.
    """
    current = account.current_instalment(today)
    if current is None or account.defaulted_on:
        raise NothingToReschedule
    remaining = len(account.instalments) - current.number + 1
    annual_rate = account.annual_rate if terms.annual_rate is None else terms.annual_rate
    if annual_rate != account.annual_rate or terms.remaining_terms not in (None, remaining):
        if annual_rate != account.annual_rate:
            account = account.with_carried_late_interest(today)
        account = _with_new_terms(account, current, annual_rate, terms.remaining_terms or remaining, today)
    if terms.holiday_months:
        account = _with_holiday(account, account.instalments[current.number - 1], terms.holiday_months, today)
    return account


def _with_new_terms(
    account: LoanAccount, current: Instalment, annual_rate: Rate, remaining_terms: int, today: date
) -> LoanAccount:
    """Split the principal that is not due over new terms; the current instalment keeps what is paid on it."""
    first = current if annual_rate == account.annual_rate else _repriced(account, current, annual_rate, today)
    dates = due_dates(
        account.period_start(current),
        remaining_terms,
        first_due_date=current.due_date,
        anchor_day=account.funded_on.day,
    )
    balance, rate = account.principal_not_due(today), monthly_rate(annual_rate)
    regular = remaining_instalments(
        balance, rate, dates, account.method, flat_base=account.principal if account.method is Method.FLAT else None
    )
    renewed = with_first_interest(
        regular, rate, account.method, first.unpaid_interest, highest_rate=max(rate, monthly_rate(account.annual_rate))
    )
    later = (
        Instalment(number, each.due_date, each.principal, each.interest)
        for number, each in enumerate(renewed[1:], start=current.number + 1)
    )
    level_payment = regular[0].principal
    if account.method is not Method.EQUAL_PRINCIPAL:
        level_payment += regular[0].interest
    return replace(
        account,
        annual_rate=annual_rate,
        level_payment=level_payment,
        instalments=(
            *account.instalments[: current.number - 1],
            replace(first, principal=current.paid_principal + renewed[0].principal),
            *later,
        ),
    )


def _repriced(account: LoanAccount, current: Instalment, annual_rate: Rate, today: date) -> Instalment:
    """Return the current instalment with what it has earned so far, and interest at a new rate from today on.

    Interest that is paid ahead stays paid. A flat loan's unearned interest changes in proportion to the rate.
    """
    earned, since = account.earned_until(current, today)
    if account.method is Method.FLAT and account.annual_rate.basis_points:
        change = Fraction(annual_rate.basis_points, account.annual_rate.basis_points)
        unearned = (current.interest - earned).times(change)
    else:
        unearned = interest_by_days(
            account.principal if account.method is Method.FLAT else account.principal_not_due(today),
            monthly_rate(annual_rate),
            (current.due_date - since).days,
            account.days_per_month(current),
        )
    interest = max(earned + unearned, current.paid_interest)
    return replace(current, interest=interest, earned=earned, earned_on=since)


def _with_holiday(account: LoanAccount, current: Instalment, months: int, today: date) -> LoanAccount:
    """Postpone the current and all later instalments; the interest of the holiday is added to the current one."""
    future = account.instalments[current.number - 1 :]
    moved = payment_holiday(
        [DueInstalment(each.due_date, each.principal, each.interest) for each in future],
        months,
        account.principal_not_due(today),
        monthly_rate(account.annual_rate),
        anchor_day=account.funded_on.day,
    )
    first, *later = (
        replace(each, due_date=new.due_date, interest=new.interest) for each, new in zip(future, moved, strict=True)
    )
    return replace(
        account,
        instalments=(
            *account.instalments[: current.number - 1],
            _earning_through_holiday(account, current, first, months, today),
            *later,
        ),
    )


def _earning_through_holiday(
    account: LoanAccount, current: Instalment, postponed: Instalment, months: int, today: date
) -> Instalment:
    """Return the postponed instalment, which earns the rest of its period and the holiday until its new due date."""
    if current.paid_interest and not current.unpaid_interest:  # paid ahead: the rest of the period earns nothing more
        period = Fraction((postponed.due_date - current.due_date).days, months)
        return replace(postponed, earned=current.interest, earned_on=current.due_date, period=period)
    earned, since = account.earned_until(current, today)
    months_left = (current.due_date - since).days / account.days_per_month(current) + months
    return replace(
        postponed,
        earned=earned,
        earned_on=since,
        period=(postponed.due_date - since).days / months_left,
    )
