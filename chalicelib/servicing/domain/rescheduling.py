"""A reschedule: the principal that is not due yet gets new terms, a new rate, or a payment holiday."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import monthly_rate
from chalicelib.lending_math.due_dates import due_dates
from chalicelib.loans.domain.errors import NothingToReschedule
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.servicing.domain.recalculation import DueInstalment, payment_holiday, remaining_instalments
from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.money import Money, Rate


@dataclass(frozen=True, slots=True)
class NewTerms:
    """What changes; None and 0 leave things as they are.

    ``remaining_terms`` counts the instalments from the next one on, ``holiday_months`` puts that one off.
    """

    remaining_terms: int | None = None
    annual_rate: Rate | None = None
    holiday_months: int = 0

    def __post_init__(self) -> None:
        if self.remaining_terms is None and self.annual_rate is None and not self.holiday_months:
            message = "give at least one of remaining_terms, annual_interest_rate and holiday_months"
            raise Unprocessable(errors=(("body", message),))


def reschedule(account: LoanAccount, terms: NewTerms, today: date) -> LoanAccount:
    """The account on new terms; rows that are due stay due, and whatever was paid stays paid.

    Args:
        account: accrued to the day.
        terms: what changes.
        today: the day of the change.

    Raises:
        NothingToReschedule: no unpaid row lies in the future.
        TermsNotAmortisable: the new terms give no rows in whole cents.
    """
    current = account.current_instalment(today)
    if current is None or account.defaulted_on:
        raise NothingToReschedule
    annual_rate = terms.annual_rate or account.annual_rate
    if terms.annual_rate is not None or terms.remaining_terms is not None:
        account = _on_new_rows(account, current, annual_rate, terms.remaining_terms)
    if terms.holiday_months:
        account = _put_off(account, current.number, terms.holiday_months)
    return account


def _on_new_rows(
    account: LoanAccount, current: Instalment, annual_rate: Rate, remaining_terms: int | None
) -> LoanAccount:
    future = [instalment for instalment in account.instalments if instalment.number >= current.number]
    balance = account.outstanding - _overdue(account, current)
    dates = due_dates(
        account.period_start(current),
        remaining_terms or len(future),
        first_due_date=current.due_date,
        anchor_day=account.funded_on.day,
    )
    renewed = remaining_instalments(
        balance, monthly_rate(annual_rate), dates, account.method, flat_base=_flat_base(account)
    )
    return replace(
        account,
        annual_rate=annual_rate,
        level_payment=_level_payment(account, renewed[0]),
        instalments=(*account.instalments[: current.number - 1], *_on_top_of(current, renewed)),
    )


def _put_off(account: LoanAccount, first: int, months: int) -> LoanAccount:
    """Move the rows from ``first`` on; the interest of the holiday comes on top of the first of them."""
    future = account.instalments[first - 1 :]
    balance = account.outstanding - _overdue(account, future[0])
    moved = payment_holiday(
        [DueInstalment(instalment.due_date, instalment.principal, instalment.interest) for instalment in future],
        months,
        balance,
        monthly_rate(account.annual_rate),
        anchor_day=account.funded_on.day,
    )
    later = tuple(
        replace(instalment, due_date=to.due_date, interest=to.interest)
        for instalment, to in zip(future, moved, strict=True)
    )
    return replace(account, instalments=(*account.instalments[: first - 1], *later))


def _on_top_of(current: Instalment, renewed: tuple[DueInstalment, ...]) -> list[Instalment]:
    """The renewed rows; what the current row has been paid already stays in it."""
    first = replace(
        current,
        due_date=renewed[0].due_date,
        principal=current.paid_principal + renewed[0].principal,
        interest=max(renewed[0].interest, current.paid_interest),
    )
    later = (
        Instalment(number, instalment.due_date, instalment.principal, instalment.interest)
        for number, instalment in enumerate(renewed[1:], start=current.number + 1)
    )
    return [first, *later]


def _overdue(account: LoanAccount, current: Instalment) -> Money:
    return Money.total(
        instalment.unpaid_principal for instalment in account.instalments if instalment.number < current.number
    )


def _flat_base(account: LoanAccount) -> Money | None:
    return account.principal if account.method is Method.FLAT else None


def _level_payment(account: LoanAccount, first: DueInstalment) -> Money:
    return first.principal if account.method is Method.EQUAL_PRINCIPAL else first.principal + first.interest
