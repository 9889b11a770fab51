"""Recalculation of the remaining instalments of a loan: after a prepayment, on new terms, after a holiday.

All functions take and return plain instalments, first the current one (the earliest that is not due). A balance is
the principal that the given instalments have to repay.
"""

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from chalicelib.lending_math.amortisation import (
    BalanceInterest,
    Method,
    Parts,
    amortise,
    constant_principal,
    ensure_amortisable,
    flat_interest,
    level_principal,
)
from chalicelib.lending_math.annuity import annuity_instalment
from chalicelib.lending_math.due_dates import add_months
from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.lending_math.rounding import Rounding, round_ratio
from chalicelib.shared.money import ZERO, Money


class Strategy(StrEnum):
    """The effect of a prepayment: a shorter term (the default) or a lower instalment."""

    REDUCE_TERM = "reduce_term"
    REDUCE_INSTALMENT = "reduce_instalment"


class DueInstalment(NamedTuple):
    """A remaining instalment: its due date, principal and interest."""

    due_date: date
    principal: Money
    interest: Money


def reduce_term(
    instalments: Sequence[DueInstalment],
    balance: Money,
    periodic_rate: Fraction,
    method: Method,
    *,
    level_payment: Money,
    current_interest: Money,
) -> tuple[DueInstalment, ...]:
    """Return the instalments after a prepayment that shortens the term: equal payments, fewer of them.

    Annuity keeps the level payment, equal principal the principal part; the last instalment absorbs. Flat takes
    the prepaid principal from the last instalments: the interest of those that are dropped is cancelled, one
    that is only reduced keeps its own. Interest only keeps its instalments, and their interest falls.

    Pass the current instalment with its unpaid principal and its whole interest. What is left to pay of it stays
    the same: what its interest falls by is added to its principal (equal principal: the principal part stays).

    Args:
        instalments: the current instalment and all later ones before the prepayment.
        balance: principal that they repay from now on, above zero, up to what they repaid before.
        periodic_rate: r of every later instalment, exact (30/360: a twelfth of the yearly rate).
        method: the repayment method.
        level_payment: annuity: the instalment to keep; equal principal: the principal part; else unused.
        current_interest: the interest of the current instalment: accrued so far and remaining.

    Raises:
        ValueError: no instalments, or a balance outside its range.
    """
    _check(instalments, balance)
    if method is Method.FLAT:
        return _reduce_last(instalments, balance, current_interest)
    first = instalments[0].principal.cents
    if method is Method.ANNUITY:
        first += max(instalments[0].interest.cents - current_interest.cents, 0)
    return _recalculate(
        instalments, balance, periodic_rate, _Terms(method, level_payment.cents, first), current_interest
    )


def reduce_instalment(
    instalments: Sequence[DueInstalment],
    balance: Money,
    periodic_rate: Fraction,
    method: Method,
    *,
    current_interest: Money,
) -> tuple[DueInstalment, ...]:
    """Return the instalments after a prepayment that reduces them: the balance over all remaining ones.

    Annuity: R(annuity of the balance over n instalments). Equal principal: R(balance / n). The result is raised
    by a cent at a time while, rounded so, an instalment would repay nothing, the last one would be more than
    twice as large, or the later ones would have more interest than without the prepayment. Flat and interest
    only: as in ``reduce_term``.

    The current instalment repays the new level payment less its interest, and at least what a full period's
    interest on the balance would leave: interest that accrued before, on a larger balance, is added on top.

    Args:
        instalments, balance, periodic_rate, method: as in ``reduce_term``.
        current_interest: the interest of the current instalment, or what remains of it.

    Raises:
        ValueError: no instalments, or a balance outside its range.
    """
    _check(instalments, balance)
    if method is Method.FLAT:
        return _reduce_last(instalments, balance, current_interest)
    payment = _rounded_payment(balance, periodic_rate, len(instalments), method)
    counted = min(current_interest.cents, _interest(balance, periodic_rate))
    while True:
        terms = _Terms(method, payment, payment - (counted if method is Method.ANNUITY else 0))
        renewed = _recalculate(instalments, balance, periodic_rate, terms, current_interest)
        if method is Method.INTEREST_ONLY or _is_relief(instalments, renewed):
            return renewed
        payment += 1


def remaining_instalments(
    balance: Money,
    periodic_rate: Fraction,
    dates: Sequence[date],
    method: Method,
    *,
    flat_base: Money | None = None,
) -> tuple[DueInstalment, ...]:
    """Return the instalments of a reschedule: a balance over new dates at a new rate, by any method.

    Args:
        balance: the principal outstanding, above zero.
        periodic_rate: r of every instalment, exact and 0 or more.
        dates: the due dates in order, one regular period apart; at least one.
        method: the repayment method.
        flat_base: flat: the amount that bears interest, if it is still the original principal; by default the
            balance.

    Raises:
        TermsNotAmortisable: as in ``build_schedule``.
    """
    count, rates = len(dates), [periodic_rate] * len(dates)
    if method is Method.FLAT:
        interest = flat_interest((flat_base or balance).cents, rates, Rounding.HALF_EVEN)
        part = constant_principal(round_ratio(balance.cents, count))
        parts = amortise(balance.cents, count, lambda index, _balance: interest[index], part)
    else:
        part = _principal_rule(method, _rounded_payment(balance, periodic_rate, count, method))
        parts = amortise(balance.cents, count, BalanceInterest(rates), part)
    if len(parts) < count:
        raise TermsNotAmortisable
    ensure_amortisable(parts, count - 1 if method is Method.INTEREST_ONLY else 0)
    return _dated(dates, parts)


def with_first_interest(
    instalments: Sequence[DueInstalment],
    periodic_rate: Fraction,
    method: Method,
    interest: Money,
    *,
    highest_rate: Fraction,
) -> tuple[DueInstalment, ...]:
    """Return the instalments of a reschedule with the interest that the first one really bears.

    An annuity's first instalment is level with the others, so its principal makes up for the difference; interest
    beyond a month at the highest rate, as after a payment holiday, is added on top. If such instalments would not
    repay the balance properly, the principal parts stay as they are, as with every other method.

    Args:
        instalments: as ``remaining_instalments`` returns them.
        periodic_rate: r of the later instalments.
        method: the repayment method.
        interest: the unpaid interest of the first instalment.
        highest_rate: the highest rate that its period may bear.
    """
    first = instalments[0]
    kept = (first._replace(interest=interest), *instalments[1:])
    if method is not Method.ANNUITY or len(instalments) == 1:
        return kept
    balance, level = sum(each.principal.cents for each in instalments), first.principal + first.interest
    principal = level.cents - min(interest.cents, _interest(Money(balance), highest_rate))
    level_terms = _Terms(method, level.cents, principal)
    adjusted = BalanceInterest([periodic_rate] * len(instalments), first_cents=interest.cents)
    parts = amortise(balance, len(instalments), adjusted, level_terms.principal())
    try:
        ensure_amortisable(parts)
    except TermsNotAmortisable:
        return kept
    return kept if len(parts) < len(instalments) else _dated([each.due_date for each in instalments], parts)


def payment_holiday(
    instalments: Sequence[DueInstalment],
    months: int,
    balance: Money,
    periodic_rate: Fraction,
    *,
    anchor_day: int | None = None,
) -> tuple[DueInstalment, ...]:
    """Return the instalments after a holiday: all dates move, the first one adds the simple interest R(B·r·k).

    Args:
        instalments: the first instalment that is postponed and all later ones.
        months: k, the length of the holiday, 1 or more.
        balance: B, the principal outstanding during the holiday; its interest is not capitalised.
        periodic_rate: r of one month, exact.
        anchor_day: the day of the month on which the loan falls due (1–31), if it is not that of the first date
            because of a short month.
    """
    extra = Money(_interest(balance, periodic_rate * months))
    moved = [
        instalment._replace(due_date=add_months(instalment.due_date, months, anchor_day=anchor_day))
        for instalment in instalments
    ]
    return (moved[0]._replace(interest=moved[0].interest + extra), *moved[1:])


def _check(instalments: Sequence[DueInstalment], balance: Money) -> None:
    if not ZERO < balance <= Money.total(instalment.principal for instalment in instalments):
        raise ValueError("the balance must be above zero and at most what the instalments repaid")


def _rounded_payment(balance: Money, periodic_rate: Fraction, count: int, method: Method) -> int:
    if method is Method.ANNUITY:
        return annuity_instalment(balance, periodic_rate, count).cents
    return round_ratio(balance.cents, count)


def _principal_rule(method: Method, amount: int) -> Callable[[int, int], int]:
    if method is Method.ANNUITY:
        return level_principal(amount)
    return constant_principal(amount if method is Method.EQUAL_PRINCIPAL else 0)


class _Terms(NamedTuple):
    """A method, its level payment or principal part in cents, and the principal of the first instalment."""

    method: Method
    amount: int
    first: int

    def principal(self) -> Callable[[int, int], int]:
        later = _principal_rule(self.method, self.amount)
        if self.method is Method.INTEREST_ONLY:
            return later
        return lambda index, due: later(index, due) if index else self.first


def _recalculate(
    instalments: Sequence[DueInstalment],
    balance: Money,
    periodic_rate: Fraction,
    terms: _Terms,
    current_interest: Money,
) -> tuple[DueInstalment, ...]:
    interest = BalanceInterest([periodic_rate] * len(instalments), first_cents=current_interest.cents)
    parts = amortise(balance.cents, len(instalments), interest, terms.principal())
    return _dated([instalment.due_date for instalment in instalments], parts)


def _interest(balance: Money, rate: Fraction) -> int:
    return round_ratio(balance.cents * rate.numerator, rate.denominator)


def _reduce_last(
    instalments: Sequence[DueInstalment], balance: Money, current_interest: Money
) -> tuple[DueInstalment, ...]:
    kept: list[DueInstalment] = []
    left = balance
    for instalment in instalments:
        if not left:
            break
        principal = min(left, instalment.principal)
        kept.append(instalment._replace(principal=principal))
        left -= principal
    kept[0] = kept[0]._replace(interest=current_interest)
    return tuple(kept)


def _is_relief(before: Sequence[DueInstalment], after: Sequence[DueInstalment]) -> bool:
    """Return whether each instalment repays principal, the last is not far larger, and interest has not risen."""
    if min(instalment.principal for instalment in after) <= ZERO:
        return False
    if len(after) < len(before) or len(after) == 1:
        return True
    last, level_payment = (
        instalment.principal.cents + instalment.interest.cents for instalment in (after[-1], after[-2])
    )
    return last <= 2 * level_payment and _later_interest(after) <= _later_interest(before)


def _later_interest(instalments: Sequence[DueInstalment]) -> int:
    return sum(instalment.interest.cents for instalment in instalments[1:])


def _dated(dates: Sequence[date], parts: Sequence[Parts]) -> tuple[DueInstalment, ...]:
    return tuple(
        DueInstalment(day, Money(principal), Money(interest))
        for day, (principal, interest) in zip(dates, parts, strict=False)
    )
