"""How each method splits instalments into principal and interest. Whole cents; the last row absorbs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.lending_math.rounding import Rounding, round_ratio

Parts = tuple[int, int]
"""The principal and the interest of one row, in cents."""


class Method(StrEnum):
    """How principal is repaid, as the API names it."""

    ANNUITY = "annuity"
    EQUAL_PRINCIPAL = "equal_principal"
    FLAT = "flat"
    INTEREST_ONLY = "interest_only"


@dataclass(frozen=True, slots=True)
class BalanceInterest:
    """Interest on the balance: R(B·f). ``first_cents`` stands in for the first row where it is known."""

    period_rates: Sequence[Fraction]
    rounding: Rounding = Rounding.HALF_EVEN
    first_cents: int | None = None

    def __call__(self, row: int, balance: int) -> int:
        """The interest in cents of a row (counted from 0) that begins with this balance."""
        if row == 0 and self.first_cents is not None:
            return self.first_cents
        rate = self.period_rates[row]
        return round_ratio(balance * rate.numerator, rate.denominator, self.rounding)


def flat_interest(base: int, period_rates: Sequence[Fraction], rounding: Rounding) -> list[int]:
    """Interest on the original principal for each row: R(A·f), and the last row closes on R(A·Σf) exactly.

    Where the rows round up, the later ones are cut so that no row passes that total and none is negative.
    """
    whole = sum(period_rates, Fraction(0))
    left = round_ratio(base * whole.numerator, whole.denominator, rounding)
    interest = []
    for rate in period_rates[:-1]:
        due = min(left, round_ratio(base * rate.numerator, rate.denominator, rounding))
        interest.append(due)
        left -= due
    return [*interest, left]


def chain(
    balance: int, rows: int, interest: Callable[[int, int], int], principal: Callable[[int, int], int]
) -> list[Parts]:
    """Repay a balance row by row until nothing is left; the last row takes the rest.

    Args:
        balance: cents outstanding before the first row.
        rows: how many rows at most.
        interest: cents of interest, from the row's index and the balance before it.
        principal: cents of principal that the row would take, from its index and its interest.
    """
    parts: list[Parts] = []
    for row in range(rows):
        due = interest(row, balance)
        part = principal(row, due)
        if part >= balance or row == rows - 1:
            parts.append((balance, due))
            break
        parts.append((part, due))
        balance -= part
    return parts


def level(instalment: int, grace: int = 0) -> Callable[[int, int], int]:
    """Principal under a level instalment: what the interest leaves; none in the first ``grace`` rows."""
    return lambda row, due: instalment - due if row >= grace else 0


def constant(part: int, grace: int = 0) -> Callable[[int, int], int]:
    """The same principal in every row; none in the first ``grace`` rows."""
    return lambda row, _due: part if row >= grace else 0


def ensure_amortisable(parts: Sequence[Parts], grace: int = 0) -> None:
    """Refuse rows that do not repay a loan in a sane way.

    Behind the rows of grace every principal part is positive, the last instalment is positive, and it
    differs from the regular one before it by no more than that one. For interest only, all rows but the last
    are grace.

    Raises:
        TermsNotAmortisable: one of these does not hold.
    """
    repaying = parts[grace:]
    if any(principal <= 0 for principal, _ in repaying) or any(interest < 0 for _, interest in parts):
        raise TermsNotAmortisable
    last = sum(repaying[-1])
    regular = sum(repaying[-2]) if len(repaying) > 1 else last
    if abs(last - regular) > regular:
        raise TermsNotAmortisable
