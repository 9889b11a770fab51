"""Offers of lenders, and the investments that they become."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.loans.domain.errors import OfferAccepted, OfferTooLarge, RateTooHigh
from chalicelib.loans.domain.loan import Loan
from chalicelib.shared.money import ZERO, Money, Rate


@dataclass(frozen=True, slots=True)
class Offer:
    """The one offer of a lender on a loan.

    ``acceptance_order`` counts accepted offers from 1, ``reserved`` is money that a rule has reserved for it, until
    the first day of ``reserved_until`` at most if the offer is not accepted before.
    """

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
    reserved_until: date | None = None

    @property
    def is_accepted(self) -> bool:
        """True if the borrower accepted it, entirely or in part."""
        return self.accepted_amount > ZERO

    @property
    def is_funded(self) -> bool:
        return self.funded_at is not None

    @property
    def amount_due(self) -> Money:
        """Amount that funding takes from the lender: its part and its share of the platform fee."""
        return self.accepted_amount + self.fee_share

    @property
    def lapses_on(self) -> date | None:
        """First day on which its reservation lapses; None without a reservation and once it is accepted."""
        return self.reserved_until if self.reserved and not self.is_accepted else None

    def lapses_by(self, day: date) -> bool:
        return self.lapses_on is not None and self.lapses_on <= day

    def accept(self, part: Money, acceptance_order: int, fee_share: Money) -> Offer:
        """Return the offer as accepted for ``part`` of the loan.

        Raises:
            OfferAccepted: it was accepted before.
        """
        if self.is_accepted:
            raise OfferAccepted
        return replace(self, accepted_amount=part, acceptance_order=acceptance_order, fee_share=fee_share)


def validate_offer(loan: Loan, annual_rate: Rate, amount: Money) -> None:
    """Check that an offer fits the loan.

    Raises:
        RateTooHigh: above the requested rate.
        OfferTooLarge: more than the loan.
    """
    if annual_rate > loan.requested_rate:
        raise RateTooHigh(loan.requested_rate)
    if amount > loan.amount:
        raise OfferTooLarge(loan.amount)


def clearing_rate(accepted: Iterable[Offer]) -> Rate:
    """Return the one rate that all investors receive: the highest accepted one."""
    return max(offer.annual_rate for offer in accepted)
