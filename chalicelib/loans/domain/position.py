"""The position of one lender in one loan, and what a payment credits to it."""

from dataclasses import dataclass

from chalicelib.shared.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class Position:
    """A lender's share of the principal, and the principal and interest received so far."""

    lender_id: str
    share: Money
    received_principal: Money = ZERO
    received_interest: Money = ZERO

    @property
    def outstanding(self) -> Money:
        return self.share - self.received_principal

    @property
    def received(self) -> Money:
        return self.received_principal + self.received_interest


@dataclass(frozen=True, slots=True)
class Credit:
    """A lender's share in one payment; ``interest`` is a part of the amount, the rest is principal."""

    lender_id: str
    amount: Money
    interest: Money
