"""What becomes of the remaining rows of a loan: after a prepayment, on new terms, after a holiday.

All functions take and return plain rows, the current row (the earliest that is not due) first. Balances are
the principal that the given rows have to repay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from chalicelib.lending_math.amortisation import (
    BalanceInterest,
    Method,
    Parts,
    chain,
    constant,
    ensure_amortisable,
    flat_interest,
    level,
)
from chalicelib.lending_math.annuity import annuity_instalment
from chalicelib.lending_math.due_dates import add_months
from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.lending_math.rounding import Rounding, round_ratio
from chalicelib.shared.money import ZERO, Money


class Strategy(StrEnum):
    """What a prepayment shortens: the term (the default) or the instalment."""

    REDUCE_TERM = "reduce_term"
    REDUCE_INSTALMENT = "reduce_instalment"


class DueInstalment(NamedTuple):
    """A remaining instalment: when it falls due, and its principal and interest."""

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
    """The rows after a prepayment that ends the loan sooner: same instalment, surplus rows fall away.

    Annuity keeps the instalment, equal principal the principal part; the last row absorbs. Flat takes the
    prepaid principal from the last rows: the interest of rows that fall away lapses, a row that is only cut
    keeps its own. Interest only keeps its rows, and its interest falls.

    Pass the current row in full, what was paid on it included; it comes back in full. Its principal is what
    its interest leaves of the instalment, but never less than was scheduled (after a holiday its interest may
    pass the instalment).

    Args:
        rows: the current row and all later ones as they stood.
        balance: principal that these rows repay from now on, above zero and at most what they repaid before.
        periodic_rate: r of every later row, exact (30/360: a twelfth of the yearly rate).
        method: how the loan is repaid.
        regular: annuity: the instalment to keep; equal principal: the principal part; else unused.
        current_interest: the interest of the current row: accrued so far and what is left of it.

    Raises:
        ValueError: no rows, or a balance outside its range.
    """
    _check(instalments, balance)
    if method is Method.FLAT:
        return _cut_from_the_end(instalments, balance, current_interest)
    first = max(level_payment.cents - current_interest.cents, instalments[0].principal.cents)
    return _on_balance(
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
    """The rows after a prepayment that lowers the instalment: the balance over all remaining rows.

    Annuity: R(annuity of the balance over the rows). Equal principal: R(balance / rows). It goes up by a cent
    at a time while, rounded so, a row would repay nothing, the last one would be more than twice as much, or
    the later rows would bear more interest than without the prepayment. Flat and interest only: as in
    ``reduce_term``.

    The current row repays what its interest leaves of the new instalment, and at least what a full period's
    interest on the balance would leave: interest accrued before, on more, belongs to the old instalment and
    comes on top.

    Args:
        rows, balance, periodic_rate, method: as in ``reduce_term``.
        current_interest: the interest that the current row is to show, or what is left of it.

    Raises:
        ValueError: no rows, or a balance outside its range.
    """
    _check(instalments, balance)
    if method is Method.FLAT:
        return _cut_from_the_end(instalments, balance, current_interest)
    lowered = _lowered(balance, periodic_rate, len(instalments), method)
    counted = min(current_interest.cents, _interest(balance, periodic_rate))
    while True:
        terms = _Terms(method, lowered, lowered - counted)
        renewed = _on_balance(instalments, balance, periodic_rate, terms, current_interest)
        if method is Method.INTEREST_ONLY or _is_relief(instalments, renewed):
            return renewed
        lowered += 1


def remaining_instalments(
    balance: Money,
    periodic_rate: Fraction,
    dates: Sequence[date],
    method: Method,
    *,
    flat_base: Money | None = None,
) -> tuple[DueInstalment, ...]:
    """A balance over new dates at a new rate, by any method: the rows of a reschedule.

    Args:
        balance: the principal outstanding, above zero.
        periodic_rate: r of every row, exact and 0 or more.
        dates: the due dates in order, one regular period apart; at least one.
        method: how the rows repay it.
        flat_base: flat: what interest is counted on, where it stays the original principal; by default the
            balance.

    Raises:
        TermsNotAmortisable: as in ``build_schedule``.
    """
    count, rates = len(dates), [periodic_rate] * len(dates)
    if method is Method.FLAT:
        interest = flat_interest((flat_base or balance).cents, rates, Rounding.HALF_EVEN)
        part = constant(round_ratio(balance.cents, count))
        parts = chain(balance.cents, count, lambda instalment, _balance: interest[instalment], part)
    else:
        part = _principal_rule(method, _lowered(balance, periodic_rate, count, method))
        parts = chain(balance.cents, count, BalanceInterest(rates), part)
    if len(parts) < count:
        raise TermsNotAmortisable
    ensure_amortisable(parts, count - 1 if method is Method.INTEREST_ONLY else 0)
    return _dated(dates, parts)


def payment_holiday(
    instalments: Sequence[DueInstalment],
    months: int,
    balance: Money,
    periodic_rate: Fraction,
    *,
    anchor_day: int | None = None,
) -> tuple[DueInstalment, ...]:
    """The rows after a holiday: every date moves, and the first row bears its simple interest R(B·r·k).

    Args:
        rows: the first row that is put off and all later ones.
        months: k, the length of the holiday, 1 or more.
        balance: B, the principal outstanding during the holiday; its interest is not capitalised.
        periodic_rate: r of one month, exact.
        anchor_day: the day of the month on which the loan falls due (1–31), where a month's end cut it.
    """
    extra = Money(_interest(balance, periodic_rate * months))
    moved = [
        instalment._replace(due_date=add_months(instalment.due_date, months, anchor_day=anchor_day))
        for instalment in instalments
    ]
    return (moved[0]._replace(interest=moved[0].interest + extra), *moved[1:])


def _check(instalments: Sequence[DueInstalment], balance: Money) -> None:
    if not ZERO < balance <= Money.total(instalment.principal for instalment in instalments):
        raise ValueError("the balance lies above zero and within what the rows repaid")


def _lowered(balance: Money, periodic_rate: Fraction, instalments: int, method: Method) -> int:
    if method is Method.ANNUITY:
        return annuity_instalment(balance, periodic_rate, instalments).cents
    return round_ratio(balance.cents, instalments)


def _principal_rule(method: Method, amount: int) -> Callable[[int, int], int]:
    if method is Method.ANNUITY:
        return level(amount)
    return constant(amount if method is Method.EQUAL_PRINCIPAL else 0)


class _Terms(NamedTuple):
    """A method, its instalment or principal part in cents, and the principal of an annuity's first row."""

    method: Method
    amount: int
    first: int

    def principal(self) -> Callable[[int, int], int]:
        later = _principal_rule(self.method, self.amount)
        if self.method is not Method.ANNUITY:
            return later
        return lambda instalment, due: later(instalment, due) if instalment else self.first


def _on_balance(
    instalments: Sequence[DueInstalment],
    balance: Money,
    periodic_rate: Fraction,
    terms: _Terms,
    current_interest: Money,
) -> tuple[DueInstalment, ...]:
    interest = BalanceInterest([periodic_rate] * len(instalments), first_cents=current_interest.cents)
    parts = chain(balance.cents, len(instalments), interest, terms.principal())
    return _dated([instalment.due_date for instalment in instalments], parts)


def _interest(balance: Money, rate: Fraction) -> int:
    return round_ratio(balance.cents * rate.numerator, rate.denominator)


def _cut_from_the_end(
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
    """Whether each row repays something, the last not far more than the others, and interest did not rise."""
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
