"""A prepayment: principal goes down now, and the rows that are not due are computed anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.lending_math.accrual import remaining_interest
from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import monthly_rate
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.servicing.domain.recalculation import DueInstalment, Strategy, reduce_instalment, reduce_term
from chalicelib.shared.money import Money


def prepay_principal(
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
    left = remaining_interest(
        balance,
        account.period_rate(current),
        current.interest - earned,
        begin=account.period_start(current),
        due_date=current.due_date,
        today=at.date(),
    )
    later = [instalment for instalment in account.instalments if instalment.number >= current.number]
    as_due = [DueInstalment(instalment.due_date, instalment.principal, instalment.interest) for instalment in later]
    if strategy is Strategy.REDUCE_INSTALMENT:
        renewed = reduce_instalment(as_due, balance, rate, account.method, current_interest=earned + left)
        account = replace(account, level_payment=_level_payment(renewed, account))
    else:
        renewed = reduce_term(
            as_due, balance, rate, account.method, level_payment=account.level_payment, current_interest=earned + left
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
        Instalment(number, instalment.due_date, instalment.principal, instalment.interest)
        for number, instalment in enumerate(renewed[1:], start=current.number + 1)
    )
    settled = tuple(instalment for instalment in account.instalments if instalment.number < current.number)
    return replace(account, instalments=(*settled, first, *rest))


def _level_payment(renewed: tuple[DueInstalment, ...], account: LoanAccount) -> Money:
    """The lowered instalment (equal principal: principal part), read from a row that nothing else bends."""
    instalment = renewed[1] if len(renewed) > 1 else renewed[0]
    if account.method is Method.ANNUITY:
        return instalment.principal + instalment.interest
    return instalment.principal if account.method is Method.EQUAL_PRINCIPAL else account.level_payment
