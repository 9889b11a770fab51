"""Interest by days within a period: accrued so far, and remaining after a prepayment."""

from datetime import date
from fractions import Fraction

from chalicelib.lending_math.rounding import round_ratio
from chalicelib.shared.money import ZERO, Money


def accrued_interest(
    balance: Money, periodic_rate: Fraction, scheduled: Money, *, begin: date, due_date: date, today: date
) -> Money:
    """Calculate the current instalment's interest up to a day: R(B·r·elapsed/period), at most what is scheduled.

    Args:
        balance: B, the principal outstanding; 0 or more.
        periodic_rate: r, the exact rate of the whole period (30/360: a twelfth of the yearly rate); 0 or more.
        scheduled: the instalment's interest in full; 0 or more.
        begin: the previous due date, or the funding date; before it nothing has accrued.
        due_date: the instalment's due date, after ``begin``; from then on nothing more accrues.
        today: the day up to which interest accrues.

    Returns:
        0 or more. Interest already paid on the instalment is not deducted.
    """
    period = (due_date - begin).days
    elapsed = min(max((today - begin).days, 0), period)
    return min(scheduled, _part(balance, periodic_rate, elapsed, period))


def remaining_interest(
    balance: Money, periodic_rate: Fraction, limit: Money, *, begin: date, due_date: date, today: date
) -> Money:
    """Calculate the current instalment's interest after a prepayment: R(B′·r·remaining/period), at most ``limit``.

    Args:
        balance: B′, the principal outstanding after the prepayment; 0 or more.
        periodic_rate: r, the exact rate of the whole period; 0 or more.
        limit: the instalment's scheduled interest less what has accrued up to today. Two parts of a period that
            are rounded up may exceed the whole by a cent, and no prepayment may make a loan more expensive.
        begin, due_date, today: as in ``accrued_interest``.
    """
    period = (due_date - begin).days
    remaining = min(max((due_date - today).days, 0), period)
    return max(ZERO, min(limit, _part(balance, periodic_rate, remaining, period)))


def _part(balance: Money, periodic_rate: Fraction, days: int, period: int) -> Money:
    return Money(round_ratio(balance.cents * periodic_rate.numerator * days, periodic_rate.denominator * period))
