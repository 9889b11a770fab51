"""Rounding of exact ratios to whole cents, and of cents to multiples."""

from enum import StrEnum
from fractions import Fraction

from chalicelib.shared.money import Money


class Rounding(StrEnum):
    """Rounding of the part below one cent (or below one multiple). The platform uses HALF_EVEN."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"


def round_ratio(numerator: int, denominator: int, rounding: Rounding = Rounding.HALF_EVEN) -> int:
    """Round ``numerator / denominator`` to an integer; the denominator is above zero. UP is towards +∞.

    >>> [round_ratio(n, 2) for n in (1, 3, 5)], round_ratio(1, 3, Rounding.UP)
    ([0, 2, 2], 1)
    """
    if rounding is Rounding.DOWN:
        return numerator // denominator
    if rounding is Rounding.UP:
        return -(-numerator // denominator)
    if rounding is Rounding.HALF_UP:
        return (2 * numerator + denominator) // (2 * denominator)
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return whole + 1 if twice > denominator or (twice == denominator and whole & 1) else whole


def round_to_multiple(cents: Fraction, multiple: Money | None, rounding: Rounding = Rounding.HALF_EVEN) -> int:
    """Round an exact number of cents to a multiple above zero; None rounds to whole cents.

    >>> round_to_multiple(Fraction(30491), Money.of("1.00"))
    30500
    """
    multiple_cents = 1 if multiple is None else multiple.cents
    return multiple_cents * round_ratio(cents.numerator, cents.denominator * multiple_cents, rounding)
