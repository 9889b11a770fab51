"""Interest by days within a period."""

from fractions import Fraction

from chalicelib.lending_math.rounding import round_ratio
from chalicelib.shared.money import Money


def interest_by_days(balance: Money, monthly_rate: Fraction, days: int, days_per_month: Fraction) -> Money:
    """Calculate the interest of some days on a balance: R(B·r·days/P).

    Args:
        balance: B, 0 or more.
        monthly_rate: r, the exact rate of one month (30/360: a twelfth of the yearly rate); 0 or more.
        days: 0 or more.
        days_per_month: P, the days of the period divided by its months, above zero; 31 for most of January.

    >>> str(interest_by_days(Money.of("1000.00"), Fraction(1, 100), 15, Fraction(31)))
    '4.84'
    """
    numerator = balance.cents * monthly_rate.numerator * days * days_per_month.denominator
    return Money(round_ratio(numerator, monthly_rate.denominator * days_per_month.numerator))


def interest_share(interest: Money, days: int, period_days: int) -> Money:
    """Calculate the part of a fixed interest that some days of its period earn: R(I·days/period).

    >>> str(interest_share(Money.of("120.00"), 15, 31))
    '58.06'
    """
    return Money(round_ratio(interest.cents * days, period_days))
