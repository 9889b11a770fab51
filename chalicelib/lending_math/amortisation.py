"""Repayment methods: the split of instalments into principal and interest, in whole cents."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.lending_math.rounding import Rounding, round_ratio

Parts = tuple[int, int]
"""Principal and interest of one instalment, in cents."""


class Method(StrEnum):
    """Repayment methods."""

    ANNUITY = "annuity"
    EQUAL_PRINCIPAL = "equal_principal"
    FLAT = "flat"
    INTEREST_ONLY = "interest_only"


@dataclass(frozen=True, slots=True)
class BalanceInterest:
    """Interest on the balance: R(B·f). ``first_cents`` replaces the first instalment's if it is given."""

    period_rates: Sequence[Fraction]
    rounding: Rounding = Rounding.HALF_EVEN
    first_cents: int | None = None

    def __call__(self, index: int, balance: int) -> int:
        """Return the interest in cents of the instalment at an index, from the balance before it in cents."""
        if index == 0 and self.first_cents is not None:
            return self.first_cents
        rate = self.period_rates[index]
        return round_ratio(balance * rate.numerator, rate.denominator, self.rounding)


def flat_interest(base: int, period_rates: Sequence[Fraction], rounding: Rounding) -> list[int]:
    """Calculate flat interest on the original principal: R(A·f) per instalment, R(A·Σf) in total.

    The last instalment absorbs rounding. If the others round up, the later ones are reduced so that their sum
    does not exceed the total and none is negative.

    Args:
        base: A, in cents; 0 or more.
        period_rates: f, the exact rate of each period; at least one.
        rounding: the rounding of each instalment's interest and of the total.

    Returns:
        Cents in the order of the periods.
    """
    total = sum(period_rates, Fraction(0))
    remaining = round_ratio(base * total.numerator, total.denominator, rounding)
    interest = []
    for rate in period_rates[:-1]:
        due = min(remaining, round_ratio(base * rate.numerator, rate.denominator, rounding))
        interest.append(due)
        remaining -= due
    return [*interest, remaining]


def amortise(
    balance: int, count: int, interest: Callable[[int, int], int], principal: Callable[[int, int], int]
) -> list[Parts]:
    """Repay a balance instalment by instalment; the last one repays the rest.

    Args:
        balance: cents outstanding before the first instalment.
        count: the largest number of instalments, 1 or more.
        interest: returns an instalment's interest in cents, from its index and the balance before it.
        principal: returns an instalment's principal in cents, from its index and its interest.

    Returns:
        The parts of each instalment; fewer than ``count`` if the balance is repaid early.
    """
    parts: list[Parts] = []
    for index in range(count):
        due = interest(index, balance)
        part = principal(index, due)
        if part >= balance or index == count - 1:
            parts.append((balance, due))
            break
        parts.append((part, due))
        balance -= part
    return parts


def level_principal(instalment: int, grace: int = 0) -> Callable[[int, int], int]:
    """Return the principal rule of level instalments: the rest after interest; 0 in the first ``grace`` of them."""
    return lambda index, due: instalment - due if index >= grace else 0


def constant_principal(part: int, grace: int = 0) -> Callable[[int, int], int]:
    """Return the principal rule of equal principal parts; 0 in the first ``grace`` instalments."""
    return lambda index, _due: part if index >= grace else 0


def ensure_amortisable(parts: Sequence[Parts], grace: int = 0) -> None:
    """Check that instalments repay a loan properly.

    After the grace period every principal part is positive, the last instalment is positive, and it differs
    from the one before it by at most that one. For interest only, all instalments except the last are grace.

    Args:
        parts: principal and interest of each instalment, in cents.
        grace: the number of instalments without principal; fewer than all.

    Raises:
        TermsNotAmortisable: one of these conditions does not hold.
    """
    amortising = parts[grace:]
    if any(principal <= 0 for principal, _ in amortising) or any(interest < 0 for _, interest in parts):
        raise TermsNotAmortisable
    last = sum(amortising[-1])
    level = sum(amortising[-2]) if len(amortising) > 1 else last
    if abs(last - level) > level:
        raise TermsNotAmortisable
