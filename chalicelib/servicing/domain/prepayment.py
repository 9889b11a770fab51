"""A prepayment: principal goes down now, and the rows that are not due are computed anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.lending_math.accrual import interest_left
from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import monthly_rate
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.servicing.domain.recalculation import DueInstalment, Strategy, reduce_instalment, reduce_term
from chalicelib.shared.money import Money


def prepaid(
    account: LoanAccount, current: Instalment, accrued: Money, extra: Money, strategy: Strategy, at: datetime
) -> LoanAccount:
    """The account after the current row's accrued interest and ``extra`` principal are paid.

    The prepaid principal is shown in the current row, where it is paid at once; that row still asks for the
    regular instalment, less the interest paid now. Later rows follow the strategy.

    Args:
        account: accrued to the day of ``at``, with every due row paid.
        current: its earliest unpaid row that is not due.
        accrued: interest of that row earned and not yet paid.
        extra: principal paid ahead, above zero and below the principal outstanding.
    """
    rate = monthly_rate(account.annual_rate)
    balance = account.outstanding - extra
    earned = current.paid_interest + accrued
    left = interest_left(
        balance,
        account.period_rate(current),
        current.interest - earned,
        begin=account.period_start(current),
        due_date=current.due_date,
        today=at.date(),
    )
    later = [row for row in account.rows if row.number >= current.number]
    as_due = [DueInstalment(row.due_date, row.principal, row.interest) for row in later]
    if strategy is Strategy.REDUCE_INSTALMENT:
        renewed = reduce_instalment(as_due, balance, rate, account.method, current_interest=earned + left)
        account = replace(account, regular=_regular(renewed, account))
    else:
        renewed = reduce_term(
            as_due, balance, rate, account.method, regular=account.regular, current_interest=earned + left
        )
    paid_principal = current.paid_principal + extra
    first = replace(
        current,
        principal=paid_principal + renewed[0].principal,
        interest=renewed[0].interest,
        paid_principal=paid_principal,
        paid_interest=earned,
        paid_at=at,
    )
    rest = (
        Instalment(number, row.due_date, row.principal, row.interest)
        for number, row in enumerate(renewed[1:], start=current.number + 1)
    )
    settled = tuple(row for row in account.rows if row.number < current.number)
    return replace(account, rows=(*settled, first, *rest))


def _regular(renewed: tuple[DueInstalment, ...], account: LoanAccount) -> Money:
    """The lowered instalment (equal principal: principal part), read from a row that nothing else bends."""
    row = renewed[1] if len(renewed) > 1 else renewed[0]
    if account.method is Method.ANNUITY:
        return row.principal + row.interest
    return row.principal if account.method is Method.EQUAL_PRINCIPAL else account.regular
