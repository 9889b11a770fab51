"""Pro rata allocation of an amount, exact to the cent, without and with caps."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import compress


def allocate(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split cents in proportion to weights by largest remainders; ties go to the earlier position.

    Args:
        amount: cents, 0 or more.
        weights: 0 or more each, not all 0.

    Returns:
        Cents in the order of the weights: in sum exactly the amount, each within a cent of its quota.

    Raises:
        ValueError: a negative number, or no weight above 0.

    Source: Hamilton's method; Balinski and Young, Fair Representation, chapter 3.

    >>> allocate(5, (30, 70)), allocate(800, (1, 1, 1))
    ((2, 3), (267, 267, 266))
    """
    if amount < 0 or min(weights, default=0) < 0 or not any(weights):
        raise ValueError("amount and weights are not negative, and some weight is above 0")
    whole = sum(weights)
    return _largest_remainders([Fraction(amount * weight, whole) for weight in weights])


def allocate_capped(amount: int, weights: Sequence[int], caps: Sequence[int]) -> tuple[int, ...]:
    """Split cents in proportion to weights, each up to its cap; the excess over a cap goes to the others.

    Args:
        amount: cents, 0 or more. If it exceeds the sum of all caps, the excess remains unallocated.
        weights: 0 or more each.
        caps: cents, 0 or more each. A weight of 0 receives nothing.

    Returns:
        Cents in the order of the weights: the quotas of ``capped_quotas``, rounded by largest remainders.

    Raises:
        ValueError: a negative number, or lists of different length.

    >>> allocate_capped(10_000, (95, 1, 4), (10_000, 200, 100))
    (9797, 103, 100)
    """
    return _largest_remainders(capped_quotas(amount, weights, caps))


def capped_quotas(amount: int, weights: Sequence[int], caps: Sequence[int]) -> list[Fraction]:
    """Calculate the exact quotas of ``allocate_capped``: round by round, those above their cap are reduced to it.

    Raises:
        ValueError: a negative number, or lists of different length.
    """
    if len(weights) != len(caps) or min((amount, *weights, *caps)) < 0:
        raise ValueError("one cap for each weight, and none of them negative")
    quotas = [Fraction(0)] * len(weights)
    is_open = [weight > 0 for weight in weights]
    left = Fraction(amount)
    while any(is_open):
        per_weight = left / sum(compress(weights, is_open))
        capped = [k for k in compress(range(len(caps)), is_open) if per_weight * weights[k] >= caps[k]]
        for k in capped:
            quotas[k], is_open[k] = Fraction(caps[k]), False
            left -= caps[k]
        if not capped:
            return [per_weight * weights[k] if is_open[k] else quotas[k] for k in range(len(weights))]
    return quotas


def _largest_remainders(quotas: Sequence[Fraction]) -> tuple[int, ...]:
    cents = [int(quota) for quota in quotas]
    missing = int(sum(quotas)) - sum(cents)
    by_remainder = sorted(range(len(quotas)), key=lambda k: cents[k] - quotas[k])
    for k in by_remainder[:missing]:
        cents[k] += 1
    return tuple(cents)
