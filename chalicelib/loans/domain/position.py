"""What one lender has in one loan."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.shared.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class Position:
    """A lender's share of the principal, and what of it and of the interest has come back."""

    lender_id: str
    share: Money
    received_principal: Money = ZERO
    received_interest: Money = ZERO

    @property
    def outstanding(self) -> Money:
        """Principal that has not come back."""
        return self.share - self.received_principal

    @property
    def received(self) -> Money:
        """Principal and interest that have come back."""
        return self.received_principal + self.received_interest
