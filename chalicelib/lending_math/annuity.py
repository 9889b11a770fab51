"""Level instalments of annuities, exact for any period rates, and interest of one period."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm

from chalicelib.lending_math.due_dates import MONTHS_PER_YEAR
from chalicelib.lending_math.rounding import round_ratio
from chalicelib.shared.money import Money, Rate

AnnualRate = Rate | Fraction | Decimal


def rate_per_year(annual_rate: AnnualRate) -> Fraction:
    """Convert a yearly rate to an exact ratio: ``Rate.percent("12")`` and ``Decimal("0.12")`` are 3/25.

    Raises:
        TypeError: a float (never exact) or an int (percent or ratio?).
        ValueError: a negative rate.
    """
    if isinstance(annual_rate, Rate):
        ratio = annual_rate.per_year
    elif isinstance(annual_rate, Fraction | Decimal):
        ratio = Fraction(annual_rate)
    else:
        raise TypeError("a yearly rate is a Rate, or a Fraction or Decimal ratio")
    if ratio < 0:
        raise ValueError("a yearly rate is not negative")
    return ratio


def monthly_rate(annual_rate: AnnualRate) -> Fraction:
    """Calculate the rate of one 30/360 month: a twelfth of the yearly rate, exact."""
    return rate_per_year(annual_rate) / MONTHS_PER_YEAR


def interest_for_period(balance: Money, annual_rate: AnnualRate) -> Money:
    """Calculate one month's interest on a balance: R(B·rate/12), half-even to the cent (30/360 months)."""
    factor = monthly_rate(annual_rate)
    return Money(round_ratio(balance.cents * factor.numerator, factor.denominator))


def annuity_instalment(principal: Money, periodic_rate: Fraction, periods: int) -> Money:
    """Calculate the level instalment R(A·r·(1+r)ⁿ / ((1+r)ⁿ − 1)), half-even to the cent; R(A/n) at a zero rate.

    Args:
        principal: A, above zero.
        periodic_rate: r, the exact rate of one period, such as ``monthly_rate(rate)``; 0 or more.
        periods: n, 1 or more.

    Source: Kellison, The Theory of Interest, chapter 3 (annuity-immediate).

    >>> annuity_instalment(Money.of("1000.00"), Fraction(1, 100), 6)
    Money(cents=17255)
    """
    exact = level_instalment(principal, [periodic_rate] * periods)
    return Money(round_ratio(exact.numerator, exact.denominator))


def level_instalment(principal: Money, period_rates: Sequence[Fraction]) -> Fraction:
    """Calculate the level instalment in cents, unrounded, that repays a principal at the given rates.

    It solves A = Σ E / Π(1 + f): each instalment is discounted by the rates of all periods up to its own, so
    odd first periods and actual days are exact.

    Args:
        principal: A, above zero.
        period_rates: the exact rate of each period in order, 0 or more each; at least one.

    Raises:
        ValueError: no period.

    Source: Kellison, The Theory of Interest, chapter 4 (annuities with varying interest).
    """
    if not period_rates:
        raise ValueError("an annuity has at least one period")
    cents, first, periods = principal.cents, period_rates[0], len(period_rates)
    if all(rate is first or rate == first for rate in period_rates):
        if not first:
            return Fraction(cents, periods)
        unit = first.denominator**periods
        growth = (first.numerator + first.denominator) ** periods
        return Fraction(cents * first.numerator * growth, first.denominator * (growth - unit))
    # Work backwards in integers over one denominator q: reducing a Fraction at each step would cost a gcd.
    q = lcm(*(rate.denominator for rate in period_rates))
    growths = [q + rate.numerator * (q // rate.denominator) for rate in period_rates]
    annuity, growth = 1, growths[-1]
    for period_growth in reversed(growths[:-1]):
        annuity = annuity * q + growth
        growth *= period_growth
    return Fraction(cents * growth, q * annuity)
