"""Terms of arrears: the charges on a late instalment, and when overdue amounts make a loan default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from chalicelib.lending_math.rounding import round_ratio
from chalicelib.shared.money import NO_RATE, ZERO, Money, Rate

_DAYS_A_YEAR: Final = 365
_ONE_PERCENT: Final = Fraction(1, 100)
_MATERIALITY: Final = Money.of("1.00")
_TOLERANCE: Final = Money.of("0.50")


@dataclass(frozen=True, slots=True)
class ArrearsTerms:
    """Terms that are fixed at the request.

    Args:
        grace_days: days after the due date on which a late fee is not charged yet.
        percent, flat: the late fee, in percent of the instalment's unpaid principal and interest, or as an amount.
        charges_interest: whether overdue principal bears interest at the rate of the loan.
        materiality: the overdue amount below which the days to default do not count.
        tolerance: the largest remainder after the last due date that the platform pays.
    """

    grace_days: int = 0
    percent: Rate = NO_RATE
    flat: Money = ZERO
    charges_interest: bool = True
    materiality: Money = _MATERIALITY
    tolerance: Money = _TOLERANCE

    def late_fee(self, unpaid: Money) -> Money:
        """Return the late fee of an instalment with this much principal and interest unpaid, at most that amount."""
        fee = unpaid.times(self.percent.per_year) if self.percent.basis_points else self.flat
        return min(fee, unpaid)

    def late_interest(self, principal: Money, annual_rate: Rate, since: date, today: date) -> Money:
        """Return the interest on overdue principal between two days: R(principal·rate·days/365)."""
        if not self.charges_interest or not principal:
            return ZERO
        ratio = annual_rate.per_year
        days = max((today - since).days, 0)
        return Money(round_ratio(principal.cents * ratio.numerator * days, ratio.denominator * _DAYS_A_YEAR))

    def is_material(self, overdue: Money, outstanding: Money) -> bool:
        """Return whether an overdue amount counts towards default: it reaches the amount, and 1 % of the principal."""
        return bool(overdue) and overdue >= self.materiality and overdue.cents >= outstanding.cents * _ONE_PERCENT
