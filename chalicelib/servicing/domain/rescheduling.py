"""Rescheduling: new terms, a new rate, or a payment holiday for the principal that is not due yet."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import monthly_rate
from chalicelib.lending_math.due_dates import due_dates
from chalicelib.loans.domain.errors import NothingToReschedule
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.loans.domain.reschedule_proposal import NewTerms
from chalicelib.servicing.domain.recalculation import DueInstalment, payment_holiday, remaining_instalments
from chalicelib.shared.money import Money, Rate


def reschedule(account: LoanAccount, terms: NewTerms, today: date) -> LoanAccount:
    """Return the account on new terms; due instalments remain due, and all payments remain.

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
    annual_rate = account.annual_rate if terms.annual_rate is None else terms.annual_rate
    remaining_terms = terms.remaining_terms or _remaining(account, current)
    if annual_rate != account.annual_rate or remaining_terms != _remaining(account, current):
        account = _with_new_terms(account, current, annual_rate, remaining_terms)
    if terms.holiday_months:
        account = _with_holiday(account, current.number, terms.holiday_months)
    return account


def _with_new_terms(account: LoanAccount, current: Instalment, annual_rate: Rate, remaining_terms: int) -> LoanAccount:
    due = account.instalments[: current.number - 1]
    dates = due_dates(
        account.period_start(current),
        remaining_terms,
        first_due_date=current.due_date,
        anchor_day=account.funded_on.day,
    )
    renewed = remaining_instalments(
        account.outstanding - _unpaid_principal(due),
        monthly_rate(annual_rate),
        dates,
        account.method,
        flat_base=account.principal if account.method is Method.FLAT else None,
    )
    first = replace(  # what is paid on the current instalment remains part of it
        current,
        due_date=renewed[0].due_date,
        principal=current.paid_principal + renewed[0].principal,
        interest=max(renewed[0].interest, current.paid_interest),
    )
    later = (
        Instalment(number, each.due_date, each.principal, each.interest)
        for number, each in enumerate(renewed[1:], start=current.number + 1)
    )
    is_equal_principal = account.method is Method.EQUAL_PRINCIPAL
    return replace(
        account,
        annual_rate=annual_rate,
        level_payment=renewed[0].principal if is_equal_principal else renewed[0].principal + renewed[0].interest,
        instalments=(*due, first, *later),
    )


def _with_holiday(account: LoanAccount, first: int, months: int) -> LoanAccount:
    """Move the instalments from number ``first`` on; the interest of the holiday is added to the first of them."""
    due, future = account.instalments[: first - 1], account.instalments[first - 1 :]
    moved = payment_holiday(
        [DueInstalment(each.due_date, each.principal, each.interest) for each in future],
        months,
        account.outstanding - _unpaid_principal(due),
        monthly_rate(account.annual_rate),
        anchor_day=account.funded_on.day,
    )
    later = (
        replace(each, due_date=new.due_date, interest=new.interest) for each, new in zip(future, moved, strict=True)
    )
    return replace(account, instalments=(*due, *later))


def _remaining(account: LoanAccount, current: Instalment) -> int:
    return len(account.instalments) - current.number + 1


def _unpaid_principal(instalments: Iterable[Instalment]) -> Money:
    return Money.total(instalment.unpaid_principal for instalment in instalments)
