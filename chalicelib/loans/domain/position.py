"""The position of one lender in one loan."""

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
