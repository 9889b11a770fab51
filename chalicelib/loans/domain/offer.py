"""Offers of lenders, and the investments that they become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.lending_math.distribution import fee_share
from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.lending_math.rounding import round_ratio
from chalicelib.loans.domain.borrowing_costs import costs_at, estimated_costs
from chalicelib.loans.domain.errors import (
    ClearingRateExceeded,
    OfferAccepted,
    OfferNotFound,
    OfferNotNeeded,
    OfferTooLarge,
    OfferTooSmall,
    RateTooHigh,
)
from chalicelib.loans.domain.loan import Loan
from chalicelib.shared.money import ZERO, Money, Rate
from chalicelib.wallets.domain.wallet import Wallet


@dataclass(frozen=True, slots=True)
class OfferReminder:
    """The last time that a job checked an accepted offer which is not funded.

    Args:
        days_left: days until the funding lapses. On the days in ``FUNDING_REMINDER_DAYS`` every such offer is
            recorded, on the day of full subscription those that are not backed.
        is_backed: whether the lender had the money, or the rule had reserved it.
        at: the time of the check.
    """

    days_left: int
    is_backed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """The one offer of a lender on a loan.

    ``borrower_id`` is that of the loan. ``acceptance_order`` counts accepted offers from 1, ``reserved`` is money that
    a rule has reserved for it, until the first day of ``reserved_until`` at most if the offer is not accepted before.
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
    borrower_id: str | None = None
    accepted_at: datetime | None = None
    reminder: OfferReminder | None = None

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
        accepted = replace(self, accepted_amount=part, acceptance_order=acceptance_order, fee_share=fee_share)
        return replace(accepted, reminder=None)


def validate_offer(loan: Loan, annual_rate: Rate, amount: Money, least: Money) -> None:
    """Check that an offer fits the loan.

    Args:
        loan: the loan.
        annual_rate, amount: of the offer.
        least: the smallest amount that the deployment allows. A smaller offer must cover all that the loan needs.

    Raises:
        RateTooHigh: above the requested rate.
        OfferTooLarge: more than the loan.
        OfferTooSmall: less than ``least`` and less than what is not subscribed.
        TermsNotAmortisable: the loan can't be repaid at this rate, which may become the clearing rate.
    """
    if annual_rate > loan.requested_rate:
        raise RateTooHigh(loan.requested_rate)
    if amount > loan.amount:
        raise OfferTooLarge(loan.amount)
    if amount < min(least, loan.unsubscribed):
        raise OfferTooSmall(min(least, loan.unsubscribed))
    costs_at(loan, annual_rate)


def clearing_rate(accepted: Iterable[Offer]) -> Rate:
    """Return the one rate that all investors receive: the highest accepted one."""
    return max(offer.annual_rate for offer in accepted)


def accept_offers(
    loan: Loan,
    offers: Sequence[Offer],
    offer_ids: Sequence[str],
    *,
    max_rate: Rate | None,
    now: datetime,
    funding_days: int,
) -> tuple[Loan, list[Offer]]:
    """Accept offers on a loan in an order; the last one for as much as the loan still needs.

    Args:
        loan: an open loan.
        offers: all offers on it.
        offer_ids: the offers to accept; at least one.
        max_rate: the highest clearing rate that the borrower agrees to; None for any.
        now: the time of the acceptance.
        funding_days: days after which an incomplete funding lapses.

    Returns:
        The loan, with its clearing rate and the costs at that rate if it is fully subscribed, and all offers.

    Raises:
        OfferNotFound, OfferAccepted, OfferNotNeeded, ClearingRateExceeded
        TermsNotAmortisable: the clearing rate gives no schedule in whole cents.
    """
    after, today = {offer.id: offer for offer in offers}, now.date()
    for offer_id in offer_ids:
        if offer_id not in after:
            raise OfferNotFound
        if not loan.unsubscribed:
            raise OfferNotNeeded
        part = min(after[offer_id].amount, loan.unsubscribed)
        share = fee_share(loan.fee, loan.amount, loan.accepted, part)
        after[offer_id] = replace(after[offer_id].accept(part, loan.accepted_offers + 1, share), accepted_at=now)
        rate = clearing_rate(offer for offer in after.values() if offer.is_accepted)
        if max_rate is not None and rate > max_rate:
            raise ClearingRateExceeded(rate, max_rate)
        loan = loan.with_acceptance(part, rate, today + timedelta(days=funding_days))
    if not loan.unsubscribed:
        loan = replace(loan, subscribed_at=now, unwound=None)
    if not loan.unsubscribed and loan.annual_rate != loan.requested_rate:
        costs = estimated_costs(loan.amount, loan.annual_rate, loan.term_months, loan.method, today)
        loan = replace(loan, costs=costs)
    return loan, list(after.values())


@dataclass(frozen=True, slots=True)
class OfferFigures:
    """``monthly_payment`` and ``total_interest`` are None if the loan can't be repaid in whole cents at the rate."""

    fee_share: Money
    amount_due: Money
    monthly_payment: Money | None
    total_interest: Money | None


def offer_figures(loan: Loan, offer: Offer) -> OfferFigures:
    """Calculate the figures of an offer.

    Once it is accepted, they belong to the accepted amount, and from full subscription on to the clearing rate.
    Before, they are estimates for the whole offer at its own rate, as if it were the next to be accepted. A lender
    gets its part of each instalment of the loan, so the figures are R(those of the loan × part / amount).
    """
    if offer.is_accepted:
        part, share = offer.accepted_amount, offer.fee_share
    else:
        part = offer.amount
        share = fee_share(loan.fee, loan.amount, min(loan.accepted, loan.amount - part), part)
    whole = loan.costs.monthly_payment, loan.costs.total_interest
    if not offer.is_accepted or loan.accepted != loan.amount:
        try:
            whole = costs_at(loan, offer.annual_rate)
        except TermsNotAmortisable:
            return OfferFigures(share, part + share, None, None)
    monthly_cents, interest_cents = (round_ratio(each.cents * part.cents, loan.amount.cents) for each in whole)
    return OfferFigures(share, part + share, Money(monthly_cents), Money(interest_cents))


def is_backed(loan: Loan, offer: Offer, wallet: Wallet | None) -> bool:
    """Return whether an offer's money is paid, reserved, or available in the lender's wallet (None: it has none)."""
    if offer.is_funded or offer.reserved:
        return True
    return wallet is not None and not wallet.frozen and offer_figures(loan, offer).amount_due <= wallet.available
