"""Prepayment: principal is paid now, and the instalments that are not due are recalculated."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import monthly_rate
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.servicing.domain.recalculation import DueInstalment, Strategy, reduce_instalment, reduce_term
from chalicelib.shared.money import Money


def prepay_principal(
    account: LoanAccount, paid: Instalment, first: Instalment, extra: Money, strategy: Strategy, today: date
) -> LoanAccount:
    """Return the account after principal is paid ahead of its due dates.

    The prepaid principal is part of the instalment ``paid``, as due and as paid. The instalments from ``first`` on
    repay that much less, by the strategy.

    Args:
        account: accrued to the day, with every due instalment paid, and with ``paid`` as it is otherwise paid.
        paid: the instalment that shows the payment: the current one.
        first: the same instalment, or the one after it if that is paid in full.
        extra: above zero and below the principal that ``first`` and later instalments repay.
        strategy: reduce the term or the instalment.
        today: the day of the payment.
    """
    later = account.instalments[first.number - 1 :]
    balance = Money.total(each.unpaid_principal for each in later) - extra
    first = _with_interest_from(account, first, balance, today)
    account, renewed = _recalculated(account, (first, *later[1:]), balance, strategy)
    if paid.number == first.number:
        first = replace(first, paid_principal=first.paid_principal + extra)
        before = account.instalments[: first.number - 1]
    else:
        paid = replace(paid, principal=paid.principal + extra, paid_principal=paid.paid_principal + extra)
        before = (*account.instalments[: paid.number - 1], paid)
    first = replace(first, principal=first.paid_principal + renewed[0].principal)
    rest = (
        Instalment(number, each.due_date, each.principal, each.interest)
        for number, each in enumerate(renewed[1:], start=first.number + 1)
    )
    return replace(account, instalments=(*before, first, *rest))


def _recalculated(
    account: LoanAccount, later: Sequence[Instalment], balance: Money, strategy: Strategy
) -> tuple[LoanAccount, tuple[DueInstalment, ...]]:
    """Return the account with its new level payment, and the instalments that repay the balance."""
    rate, interest = monthly_rate(account.annual_rate), later[0].interest
    scheduled = account.instalments[later[0].number - 1].interest
    as_due = [DueInstalment(each.due_date, each.unpaid_principal, each.interest) for each in later]
    as_due[0] = as_due[0]._replace(interest=scheduled)
    if strategy is Strategy.REDUCE_INSTALMENT:
        renewed = reduce_instalment(as_due, balance, rate, account.method, current_interest=interest)
        return replace(account, level_payment=_level_payment(renewed, account)), renewed
    return account, reduce_term(
        as_due, balance, rate, account.method, level_payment=account.level_payment, current_interest=interest
    )


def _with_interest_from(account: LoanAccount, first: Instalment, balance: Money, today: date) -> Instalment:
    """Return an instalment with the interest earned so far, and that of a smaller balance from today on.

    Two parts of a period that are rounded up may exceed the whole by a cent, and no prepayment may make a loan more
    expensive; interest that is paid ahead stays paid. A flat loan's interest does not depend on the balance.
    """
    if account.method is Method.FLAT:
        return first
    earned, since = account.earned_until(first, today)
    remaining = account.interest_of_days(balance, first, (first.due_date - since).days)
    interest = max(min(earned + remaining, first.interest), first.paid_interest)
    if since == account.earning_since(first):
        return replace(first, interest=interest)
    return replace(first, interest=interest, earned=earned, earned_on=since)


def _level_payment(renewed: tuple[DueInstalment, ...], account: LoanAccount) -> Money:
    """Read the reduced instalment (equal principal: principal part) from one that is neither first nor last."""
    typical = renewed[1] if len(renewed) > 1 else renewed[0]
    if account.method is Method.ANNUITY:
        return typical.principal + typical.interest
    return typical.principal if account.method is Method.EQUAL_PRINCIPAL else account.level_payment
