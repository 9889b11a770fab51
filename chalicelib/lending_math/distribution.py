"""Distribution of payments and of the platform fee among lenders, exact to the cent.

>>> distribute(100, shares=(70_000, 30_000), received=(0, 0))
(70, 30)
>>> distribute(1, shares=(1, 1, 1), received=(1, 0, 0))
(0, 1, 0)
"""

from collections.abc import Sequence

from chalicelib.lending_math.rounding import round_ratio
from chalicelib.shared.money import ZERO, Money


def distribute(amount: int, shares: Sequence[int], received: Sequence[int]) -> tuple[int, ...]:
    """Distribute a paid amount of one component (principal or interest) among the lenders of a loan.

    With T = Σ received + amount and A = Σ shares, a lender's quota is q = T·s/A. First, each lender's total a is
    raised to ⌊q⌋. The remaining cents go one each to lenders still below q, in the order in which their next
    cent is due, at T = (a + 1)·A/s; ties go to the earlier position.

    Args:
        amount: cents paid now, 0 or more.
        shares: each lender's principal in cents, in a fixed order (by lender id); 0 or more, not all 0.
        received: cents of this component that each lender has received from this function so far.

    Returns:
        Cents for each lender in the order of ``shares``: never negative, ``amount`` in sum, every total within a
        cent of its quota, and at T = A exactly its share. The order of lenders only decides ties. Splitting a
        sum into several payments may move single cents before T = A: 7 cents among 3, 4, 1, 1 give 3, 4, 0, 0;
        seven payments of one cent give 3, 3, 1, 0.

    Raises:
        ValueError: a negative number, no shares, or totals that this function can't have produced.

    Source: earliest deadline first on quotas: Still, A class of new methods for congressional apportionment
        (SIAM J. Appl. Math. 37, 1979); Liu and Layland, Scheduling algorithms (JACM 20, 1973).
    """
    if amount < 0 or not shares or min(shares) < 0 or min(received) < 0:
        raise ValueError("amounts, shares and received totals must not be negative, and there must be a lender")
    if not any(shares):
        raise ValueError("at least one share must be above 0")
    whole, paid = sum(shares), sum(received) + amount
    totals = [max(got, paid * share // whole) for got, share in zip(received, shares, strict=True)]
    cents_left = paid - sum(totals)
    below_quota = [k for k, share in enumerate(shares) if totals[k] * whole < paid * share]
    if not 0 <= cents_left <= len(below_quota):
        raise ValueError("the received totals cannot result from this distribution")
    precision = 2 * max(shares).bit_length()
    below_quota.sort(key=lambda k: ((totals[k] + 1) << precision) // shares[k])
    for lender in below_quota[:cents_left]:
        totals[lender] += 1
    return tuple(total - got for total, got in zip(totals, received, strict=True))


def fee_share(fee: Money, loan_amount: Money, accepted_before: Money, part: Money) -> Money:
    """Calculate a lender's share of the platform fee, fixed when its offer is accepted for ``part`` of the loan.

    With C the cents accepted so far: R(F·C/A) − R(F·C′/A), each half-even. The shares of all parts sum to F
    exactly, and none is negative; the share of a small part may be 0.

    Args:
        fee: F, 0 or more.
        loan_amount: A, above zero.
        covered_before: C′, the principal accepted before; 0 or more.
        part: the principal accepted now; C = C′ + part is at most A.

    Raises:
        ValueError: more than the loan would be accepted.
    """
    accepted = accepted_before + part
    if not ZERO <= accepted_before <= accepted <= loan_amount or loan_amount <= ZERO:
        raise ValueError("accepted principal must be between zero and the amount of the loan")
    upto, before = (round_ratio(fee.cents * cents.cents, loan_amount.cents) for cents in (accepted, accepted_before))
    return Money(upto - before)


def fee_shares(fee: Money, parts: Sequence[Money]) -> tuple[Money, ...]:
    """Calculate the fee shares of all parts of a fully subscribed loan, in order of acceptance; see ``fee_share``.

    >>> [str(share) for share in fee_shares(Money.of("3.75"), [Money.of("250.00"), Money.of("750.00")])]
    ['0.94', '2.81']
    """
    whole, accepted, shares = Money.total(parts), ZERO, []
    for part in parts:
        shares.append(fee_share(fee, whole, accepted, part))
        accepted += part
    return tuple(shares)
