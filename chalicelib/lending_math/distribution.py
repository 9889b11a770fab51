"""Who gets which cent of a payment, and which cent of the fee: exact among any number of lenders.

>>> distribute(100, shares=(70_000, 30_000), received=(0, 0))
(70, 30)
>>> distribute(1, shares=(1, 1, 1), received=(1, 0, 0))
(0, 1, 0)
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.lending_math.rounding import round_ratio
from chalicelib.shared.money import ZERO, Money


def distribute(amount: int, shares: Sequence[int], received: Sequence[int]) -> tuple[int, ...]:
    """Split what was paid of one component (principal, or interest) among the lenders of a loan.

    With T = Σ received + amount and A = Σ shares, a lender's quota is q = T·s/A. Everyone first gets what
    lacks to ⌊q⌋; the cents left go one each to those still below q, by when their next cent falls due, at
    T = (a + 1)·A/s; ties go to the earlier position.

    Args:
        amount: cents paid now, 0 or more.
        shares: each lender's principal in cents, in a fixed order (by lender id); 0 or more, not all 0.
        received: what each lender has got of this component from this function so far, in cents.

    Returns:
        What each lender gets now, in cents and in the order of ``shares``: never negative, exactly ``amount``
        in sum, every total within a cent of its quota, and at T = A exactly its share. The order in which
        lenders are listed only decides ties. How a sum is cut into payments may move single cents on the
        way (never at T = A): 7 cents among 3, 4, 1, 1 give 3, 4, 0, 0, seven payments of one give 3, 3, 1, 0.

    Raises:
        ValueError: a negative number, no shares, or totals that this function can't have led to.

    Source: earliest deadline first on quotas: Still, A class of new methods for congressional apportionment
        (SIAM J. Appl. Math. 37, 1979); Liu and Layland, Scheduling algorithms (JACM 20, 1973).
    """
    _check(amount, shares, received)
    whole, paid = sum(shares), sum(received) + amount
    totals = [max(got, paid * share // whole) for got, share in zip(received, shares, strict=True)]
    cents_left = paid - sum(totals)
    below_quota = [k for k, share in enumerate(shares) if totals[k] * whole < paid * share]
    if not 0 <= cents_left <= len(below_quota):
        raise ValueError("these lenders have received what this rule never gave them")
    precision = 2 * max(shares).bit_length()
    below_quota.sort(key=lambda k: ((totals[k] + 1) << precision) // shares[k])
    for lender in below_quota[:cents_left]:
        totals[lender] += 1
    return tuple(total - got for total, got in zip(totals, received, strict=True))


def _check(amount: int, shares: Sequence[int], received: Sequence[int]) -> None:
    if amount < 0 or not shares or min(shares) < 0 or min(received) < 0:
        raise ValueError("amounts, shares and receipts are not negative, and there is a lender")
    if not any(shares):
        raise ValueError("somebody must hold a share")


def fee_share(fee: Money, loan_amount: Money, accepted_before: Money, part: Money) -> Money:
    """A lender's share of the platform fee, fixed when its offer is accepted for ``part`` of the loan.

    With C the cents covered so far: R(F·C/A) − R(F·C′/A), each half-even. The shares of all parts sum to F
    exactly and none is negative; a small part may owe nothing.

    Args:
        fee: F, 0 or more.
        loan_amount: A, above zero.
        covered_before: C′, what earlier acceptances cover.
        part: what this acceptance adds; C = C′ + part is at most A.

    Raises:
        ValueError: the loan would be covered beyond its amount.
    """
    accepted = accepted_before + part
    if not ZERO <= accepted_before <= accepted <= loan_amount or loan_amount <= ZERO:
        raise ValueError("acceptances cover between nothing and the whole loan")
    upto, before = (round_ratio(fee.cents * cents.cents, loan_amount.cents) for cents in (accepted, accepted_before))
    return Money(upto - before)


def fee_shares(fee: Money, parts: Sequence[Money]) -> tuple[Money, ...]:
    """The fee shares of all parts of a covered loan, in order of acceptance; see ``fee_share``.

    >>> [str(share) for share in fee_shares(Money.of("3.75"), [Money.of("250.00"), Money.of("750.00")])]
    ['0.94', '2.81']
    """
    whole, accepted, shares = Money.total(parts), ZERO, []
    for part in parts:
        shares.append(fee_share(fee, whole, accepted, part))
        accepted += part
    return tuple(shares)
