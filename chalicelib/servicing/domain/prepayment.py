"""Prepayment: principal is reduced now, and the instalments that are not due are recalculated."""

from dataclasses import replace
from datetime import date, datetime

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import monthly_rate
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.servicing.domain.recalculation import DueInstalment, Strategy, reduce_instalment, reduce_term
from chalicelib.shared.money import Money


def prepay_principal(
    account: LoanAccount, current: Instalment, accrued: Money, extra: Money, strategy: Strategy, at: datetime
) -> LoanAccount:
    """Return the account after the current instalment's accrued interest and ``extra`` principal are paid.

    The prepaid principal is part of the current instalment, as due and as paid; what remains of that instalment
    is the level payment less the interest paid now. Later instalments follow the strategy.

    Args:
        account: accrued to the day of ``at``, with every due instalment paid.
        current: its earliest unpaid instalment that is not due.
        accrued: interest of that instalment that is earned and not paid.
        extra: principal paid ahead of its due date, above zero and below the outstanding principal.
        strategy: reduce the term or the instalment.
        at: the time of the payment.
    """
    rate, today = monthly_rate(account.annual_rate), at.date()
    balance = account.outstanding - extra
    current = _with_interest_from(account, current, balance, today)
    paid_interest, interest = current.paid_interest + accrued, current.interest
    later = account.instalments[current.number - 1 :]
    as_due = [DueInstalment(each.due_date, each.unpaid_principal, each.interest) for each in later]
    if strategy is Strategy.REDUCE_INSTALMENT:
        renewed = reduce_instalment(as_due, balance, rate, account.method, current_interest=interest)
        account = replace(account, level_payment=_level_payment(renewed, account))
    else:
        renewed = reduce_term(
            as_due, balance, rate, account.method, level_payment=account.level_payment, current_interest=interest
        )
    paid_principal = current.paid_principal + extra
    first = replace(
        current,
        principal=paid_principal + renewed[0].principal,
        interest=renewed[0].interest,
        paid_principal=paid_principal,
        paid_interest=paid_interest,
        paid_at=at,
    )
    rest = (
        Instalment(number, each.due_date, each.principal, each.interest)
        for number, each in enumerate(renewed[1:], start=current.number + 1)
    )
    return replace(account, instalments=(*account.instalments[: current.number - 1], first, *rest))


def _with_interest_from(account: LoanAccount, current: Instalment, balance: Money, today: date) -> Instalment:
    """Return the current instalment with the interest earned so far, and that of a smaller balance from today on.

    Two parts of a period that are rounded up may exceed the whole by a cent, and no prepayment may make a loan more
    expensive; interest that is paid ahead stays paid. A flat loan's interest does not depend on the balance.
    """
    if account.method is Method.FLAT:
        return current
    earned, since = account.earned_interest(current, today), max(account.earning_since(current), today)
    remaining = account.interest_of_days(balance, current, (current.due_date - since).days)
    interest = max(min(earned + remaining, current.interest), current.paid_interest)
    if since == account.earning_since(current):
        return replace(current, interest=interest)
    return replace(current, interest=interest, earned=earned, earned_on=since)


def _level_payment(renewed: tuple[DueInstalment, ...], account: LoanAccount) -> Money:
    """Read the reduced instalment (equal principal: principal part) from one that is neither first nor last."""
    typical = renewed[1] if len(renewed) > 1 else renewed[0]
    if account.method is Method.ANNUITY:
        return typical.principal + typical.interest
    return typical.principal if account.method is Method.EQUAL_PRINCIPAL else account.level_payment
