"""Money in integer cents and yearly rates in basis points, without floats."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

_AMOUNT: Final = re.compile(r"(-?)(\d{1,16})(?:\.(\d{1,2}))?", re.ASCII)
CENTS_PER_UNIT: Final = 100
BASIS_POINTS: Final = 10_000

Exact = int | Fraction | Decimal


def round_half_even(value: Exact) -> int:
    """Round an exact number to the nearest integer; a tie goes to the even neighbour.

    >>> [round_half_even(Fraction(n, 2)) for n in (1, 3, 5, -1, -3)]
    [0, 2, 2, 0, -2]
    """
    return round(Fraction(value))


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of the deployment's one currency, in whole cents; it may be negative."""

    cents: int

    def __post_init__(self) -> None:
        if type(self.cents) is not int:
            raise TypeError("cents must be an int")

    @classmethod
    def of(cls, text: str) -> Money:
        """Read a decimal string such as ``"1000"``, ``"-3.7"`` or ``"3.75"``.

        Raises:
            ValueError: not a plain decimal number, or has more than two decimals; it is never rounded.
        """
        match = _AMOUNT.fullmatch(text)
        if match is None:
            raise ValueError(f"not an amount with at most two decimals: {text!r}")
        sign, units, fraction = match.groups()
        cents = int(units) * CENTS_PER_UNIT + int((fraction or "").ljust(2, "0"))
        return cls(-cents if sign else cents)

    @classmethod
    def total(cls, amounts: Iterable[Money]) -> Money:
        """Sum amounts; the sum of none is zero."""
        return cls(sum(amount.cents for amount in amounts))

    def times(self, factor: Exact) -> Money:
        """Multiply by an exact factor and round half-even to the cent."""
        return Money(round_half_even(self.cents * Fraction(factor)))

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + other.cents)

    def __sub__(self, other: Money) -> Money:
        return Money(self.cents - other.cents)

    def __neg__(self) -> Money:
        return Money(-self.cents)

    def __abs__(self) -> Money:
        return Money(abs(self.cents))

    def __bool__(self) -> bool:
        return self.cents != 0

    def __str__(self) -> str:
        sign = "-" if self.cents < 0 else ""
        units, cents = divmod(abs(self.cents), CENTS_PER_UNIT)
        return f"{sign}{units}.{cents:02d}"


ZERO: Final = Money(0)


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """A nominal yearly rate in basis points: 12.34 % is 1234."""

    basis_points: int

    def __post_init__(self) -> None:
        if type(self.basis_points) is not int:
            raise TypeError("basis points must be an int")

    @classmethod
    def percent(cls, text: str) -> Rate:
        """Read percent a year with at most two decimals, such as ``"12"`` or ``"12.34"``.

        Raises:
            ValueError: not a plain decimal number, or more than two decimals.
        """
        return cls(Money.of(text).cents)

    @property
    def per_year(self) -> Fraction:
        """The rate as an exact ratio: 12 % is 3/25."""
        return Fraction(self.basis_points, BASIS_POINTS)

    def __str__(self) -> str:
        return str(Money(self.basis_points))


NO_RATE: Final = Rate(0)
