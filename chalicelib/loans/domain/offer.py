"""Offers: what a lender would lend at which rate, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.loans.domain.errors import AlreadyFunded, LoanNotReady, OfferAccepted, OfferTooLarge, RateTooHigh
from chalicelib.loans.domain.loan import Loan
from chalicelib.shared.money import ZERO, Money, Rate


@dataclass(frozen=True, slots=True)
class Offer:
    """One lender's offer on one loan; there is at most one."""

    id: str
    loan_id: str
    lender_id: str
    lender_username: str
    annual_rate: Rate
    amount: Money
    created_at: datetime
    accepted_amount: Money = ZERO
    acceptance_order: int = 0
    fee_share: Money = ZERO
    funded_at: datetime | None = None
    reserved: Money = ZERO
    rule_id: str | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the borrower took it, wholly or in part."""
        return self.accepted_amount > ZERO

    @property
    def is_funded(self) -> bool:
        """Whether the lender has paid its part in."""
        return self.funded_at is not None

    @property
    def amount_due(self) -> Money:
        """What funding takes from the lender: its part and its share of the platform fee."""
        return self.accepted_amount + self.fee_share

    def accept(self, part: Money, acceptance_order: int, fee_share: Money) -> Offer:
        """The offer, accepted.

        Raises:
            OfferAccepted: it was accepted before.
        """
        if self.is_accepted:
            raise OfferAccepted
        return replace(self, accepted_amount=part, acceptance_order=acceptance_order, fee_share=fee_share)

    def require_fundable(self) -> None:
        """Go on only with an accepted offer that is not paid in yet.

        Raises:
            LoanNotReady, AlreadyFunded
        """
        if not self.is_accepted:
            raise LoanNotReady("Your offer is not accepted.")
        if self.is_funded:
            raise AlreadyFunded


def validate_offer(loan: Loan, annual_rate: Rate, amount: Money) -> None:
    """See that an offer fits the loan.

    Raises:
        RateTooHigh: above the requested rate.
        OfferTooLarge: more than the loan.
    """
    if annual_rate > loan.requested_rate:
        raise RateTooHigh(loan.requested_rate)
    if amount > loan.amount:
        raise OfferTooLarge(loan.amount)


def clearing_rate(accepted: Iterable[Offer]) -> Rate:
    """The one rate that all investors get: the highest accepted."""
    return max(offer.annual_rate for offer in accepted)
