"""The position of one lender in one loan, and what a payment credits to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.lending_math.rounding import round_ratio
from chalicelib.lending_math.schedule import Schedule
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class Position:
    """A lender's share of the principal, and the principal and interest received so far.

    ``guaranteed`` is the interest that a loan repaid in full must have paid to the lender: the least of its fee share
    and the interest scheduled for its share at funding.
    """

    lender_id: str
    share: Money
    received_principal: Money = ZERO
    received_interest: Money = ZERO
    guaranteed: Money = ZERO

    @property
    def outstanding(self) -> Money:
        return self.share - self.received_principal

    @property
    def refund(self) -> Money:
        """Part of the platform fee to refund when the loan is repaid in full: what the interest lacks."""
        return max(self.guaranteed - self.received_interest, ZERO)

    @property
    def received(self) -> Money:
        return self.received_principal + self.received_interest


@dataclass(frozen=True, slots=True)
class Credit:
    """A lender's share in one payment; ``interest`` is a part of the amount, the rest is principal.

    ``refund`` is a part of the platform fee that the lender gets back in addition.
    """

    lender_id: str
    amount: Money
    interest: Money
    refund: Money = ZERO


def starting_positions(accepted: Sequence[Offer], schedule: Schedule) -> tuple[Position, ...]:
    """Return the positions of a loan that starts, by lender id.

    Args:
        accepted: all accepted offers.
        schedule: the loan's schedule at its clearing rate.
    """
    interest, amount = schedule.total_interest.cents, schedule.principal.cents
    return tuple(
        [
            Position(
                offer.lender_id,
                offer.accepted_amount,
                guaranteed=min(offer.fee_share, Money(round_ratio(interest * offer.accepted_amount.cents, amount))),
            )
            for offer in sorted(accepted, key=lambda offer: offer.lender_id)
        ]
    )
