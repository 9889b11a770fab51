"""Standing rules of lenders: which loans they take, how much they place, and what they have at stake."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.money import BASIS_POINTS, ZERO, Money, Rate

MIN_PLACEMENT: Final = Money.of("1.00")
"""Of the exposure that is left nothing smaller is placed, so that every repaid cent is not lent on its own."""


class Outcome(StrEnum):
    """What a rule did with a loan."""

    PLACED = "PLACED"
    SKIPPED = "SKIPPED"
    ENDED = "ENDED"


class Reason(StrEnum):
    """Why a rule skipped a loan, or why its placement there has ended."""

    MANUAL_OFFER = "manual_offer"
    OTHER_RULE = "other_rule"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    ACCOUNT_FROZEN = "account_frozen"
    EXPOSURE_REACHED = "exposure_reached"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    NOT_TAKEN = "not_taken"
    REPAID = "repaid"
    WRITTEN_OFF = "written_off"


PERMANENT_REASONS: Final = frozenset({Reason.MANUAL_OFFER, Reason.WITHDRAWN})
"""The lender decided about this loan by hand: the rule leaves it alone from then on."""
WAITING_REASONS: Final = frozenset({Reason.INSUFFICIENT_FUNDS, Reason.ACCOUNT_FROZEN, Reason.EXPOSURE_REACHED})
"""No matter of this loan: the rule waits, and records where the wait began instead of every loan it misses."""
_ENDS: Final = {LoanStatus.COMPLETED: Reason.REPAID, LoanStatus.DEFAULTED: Reason.WRITTEN_OFF}


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """What a lender sets. ``max_share`` is the part of one loan in percent, at most 100.

    ``max_exposure`` bounds what the rule's offers hold and its investments still have outstanding, together.
    """

    amount_per_loan: Money
    min_rate: Rate
    max_term: int
    max_share: Rate
    max_exposure: Money


@dataclass(frozen=True, slots=True)
class AutoInvestRule:
    """A standing rule.

    ``committed`` is never less than what is at stake: placements raise it at once, repayments lower it when
    it is measured again. ``revision`` counts changes by the lender, ``version`` every write.
    """

    id: str
    lender_id: str
    lender_username: str
    terms: RuleTerms
    created_at: datetime
    is_active: bool = True
    is_deleted: bool = False
    committed: Money = ZERO
    placed_count: int = 0
    skipped_count: int = 0
    waiting_for: Reason | None = None
    measured_at: datetime | None = None
    revision: int = 1
    version: int = 0

    @property
    def remaining_exposure(self) -> Money:
        """What may still be placed; never negative, though the lender may have lowered the bound since."""
        return max(self.terms.max_exposure - self.committed, ZERO)

    def matches(self, loan: Loan) -> bool:
        """Whether the rule is for such a loan. It offers at the rate that the borrower asks for."""
        fits = loan.requested_rate >= self.terms.min_rate and loan.term_months <= self.terms.max_term
        return self.is_active and loan.is_open and fits and bool(self.target_amount(loan))

    def target_amount(self, loan: Loan) -> Money:
        """What the rule would place in the loan if nothing else bounded it; whole cents of the share, down."""
        share = Money(loan.amount.cents * self.terms.max_share.basis_points // BASIS_POINTS)
        return min(self.terms.amount_per_loan, share, loan.unsubscribed)


@dataclass(frozen=True, slots=True)
class Placement:
    """An offer to be: its amount, and the hold that covers the amount and any share of the fee it can get."""

    amount: Money
    reserved: Money


@dataclass(frozen=True, slots=True)
class PlacementRecord:
    """The record of a placement that counts towards the exposure."""

    loan_id: str
    amount: Money
    reserved: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What a rule did with one loan, as its lender sees it."""

    loan_id: str
    outcome: Outcome
    reason: Reason | None
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a rule has in one loan or in all: on hold in offers, and invested and not come back."""

    reserved: Money = ZERO
    invested: Money = ZERO

    @property
    def total(self) -> Money:
        """Both together: what counts towards the exposure."""
        return self.reserved + self.invested

    def __add__(self, other: Exposure) -> Exposure:
        return Exposure(self.reserved + other.reserved, self.invested + other.invested)


NO_EXPOSURE: Final = Exposure()


def reservation_for(amount: Money, loan: Loan) -> Money:
    """What an offer of ``amount`` must hold so that funding it never lacks a cent.

    A share of the fee is the difference of two numbers rounded half-even, so it is at most the exact part plus
    one cent, in whole cents and never above the whole fee; an acceptance in part needs less.

    >>> from fractions import Fraction
    >>> max(round(Fraction(375 * (c + 100), 1000)) - round(Fraction(375 * c, 1000)) for c in range(900))
    38
    """
    exact = loan.fee.cents * amount.cents // loan.amount.cents
    return amount + min(Money(exact + 1), loan.fee)


def largest_amount_within(budget: Money, loan: Loan) -> Money:
    """The largest amount whose hold is at most ``budget``; 0 where there is none."""
    if budget >= loan.amount + loan.fee:
        return loan.amount
    if not loan.fee:
        return budget
    whole = loan.amount.cents + loan.fee.cents
    return Money(max(budget.cents * loan.amount.cents - 1, 0) // whole)


def plan_placement(loan: Loan, rule: AutoInvestRule) -> Placement | None:
    """What the rule places in the loan now; None where its exposure leaves too little for it.

    The amount is the least of: the amount per loan, the share of the loan, what no accepted offer covers, and
    what the exposure leaves. The last may make it smaller than wanted, not smaller than 1.00.
    """
    target_amount = rule.target_amount(loan)
    amount = min(target_amount, largest_amount_within(rule.remaining_exposure, loan))
    if not amount or amount < min(target_amount, MIN_PLACEMENT):
        return None
    return Placement(amount, reservation_for(amount, loan))


def is_limited_by_exposure(loan: Loan, rule: AutoInvestRule) -> bool:
    """Whether the exposure keeps the rule from placing all it wants: then what was repaid since matters."""
    return reservation_for(rule.target_amount(loan), loan) > rule.remaining_exposure


def exposure_in(rule_id: str, loan: Loan | None, offer: Offer | None) -> Exposure | None:
    """What the rule still has in a loan; None where the placement has ended.

    The loan and the offer may be read a moment apart: the stake is then that of the earlier state, never less
    than the true one. What has come back is known to the cent of the loan's outstanding principal, of which
    a lender's part lies within a cent of its quota (see ``distribute``): it is rounded up.
    """
    if loan is None or offer is None or offer.rule_id != rule_id:
        return None
    if not offer.is_funded:
        return Exposure(reserved=offer.reserved) if offer.reserved else None
    if loan.status in (LoanStatus.REQUESTED, LoanStatus.PENDING_FUNDING):
        return Exposure(invested=offer.accepted_amount)
    if loan.status is not LoanStatus.FUNDED:
        return None
    return Exposure(invested=Money(-(-offer.accepted_amount.cents * loan.outstanding.cents // loan.amount.cents)))


def end_reason(loan: Loan | None, offer: Offer | None) -> Reason:
    """Why a placement has ended that nobody ended by hand."""
    if loan is None or offer is None or not offer.is_funded:
        return Reason.NOT_TAKEN
    return _ENDS.get(loan.status, Reason.NOT_TAKEN)


def priority_key(loan_id: str, rule_id: str) -> bytes:
    """The place of a rule in the order in which rules get at a loan: drawn anew for every loan, the same always.

    So no rule is always first, and a matching that is done again goes in the same order.
    """
    return hashlib.sha256(f"{loan_id}\x1f{rule_id}".encode()).digest()
