"""Auto-invest rules of lenders: the loans that they match, the amounts that they place, and their exposure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.lending_math.rounding import round_ratio
from chalicelib.lending_math.schedule import build_schedule
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.money import BASIS_POINTS, ZERO, Money, Rate


class Outcome(StrEnum):
    PLACED = "PLACED"
    SKIPPED = "SKIPPED"
    ENDED = "ENDED"


class Reason(StrEnum):
    """The reason why a rule skipped a loan or why its offer ended."""

    MANUAL_OFFER = "manual_offer"
    OTHER_RULE = "other_rule"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_RESTRICTED = "account_restricted"
    EXPOSURE_REACHED = "exposure_reached"
    BORROWER_LIMIT_REACHED = "borrower_limit_reached"
    BELOW_MINIMUM_OFFER = "below_minimum_offer"
    YIELD_TOO_LOW = "yield_too_low"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    LAPSED = "lapsed"
    DEPOSIT_RETURNED = "deposit_returned"
    NOT_TAKEN = "not_taken"
    REPAID = "repaid"
    WRITTEN_OFF = "written_off"


PERMANENT_REASONS: Final = frozenset({Reason.MANUAL_OFFER, Reason.WITHDRAWN, Reason.LAPSED})
"""Reasons for which the rule ignores a loan from then on: its lender or its borrower has decided about it."""
WAITING_REASONS: Final = frozenset(
    {Reason.INSUFFICIENT_FUNDS, Reason.ACCOUNT_FROZEN, Reason.ACCOUNT_RESTRICTED, Reason.EXPOSURE_REACHED}
)
"""Reasons that apply to all loans: the rule waits, and records only the first loan that it skips."""
_ENDS: Final = {LoanStatus.COMPLETED: Reason.REPAID, LoanStatus.DEFAULTED: Reason.WRITTEN_OFF}


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """Terms that a lender sets. ``max_share`` is the part of one loan in percent, up to 100.

    ``max_exposure`` limits the rule's reservations, the outstanding principal of its investments and their fee
    shares in total. ``max_per_borrower`` limits the principal reserved for and lent to one borrower; None stands
    for the amount per loan. The rule offers at ``min_rate``.
    """

    amount_per_loan: Money
    min_rate: Rate
    max_term: int
    max_share: Rate
    max_exposure: Money
    min_loan_amount: Money = ZERO
    max_per_borrower: Money | None = None

    @property
    def borrower_limit(self) -> Money:
        """Maximum principal for one borrower."""
        return self.amount_per_loan if self.max_per_borrower is None else self.max_per_borrower


@dataclass(frozen=True, slots=True)
class AutoInvestRule:
    """An auto-invest rule.

    ``committed`` is never less than the exposure: placements raise it in their transaction, repayments lower it
    when it is measured again. ``revision`` counts changes by the lender, ``version`` every write. Since
    ``waiting_since`` the rule makes no offers for the reason ``waiting_for``; one that was stopped because its lender's
    account is frozen has that reason until the lender changes it.
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
    waiting_since: datetime | None = None
    measured_at: datetime | None = None
    revision: int = 1
    version: int = 0

    @property
    def remaining_exposure(self) -> Money:
        """Exposure left for placements; never negative, also if the lender has lowered the limit."""
        return max(self.terms.max_exposure - self.committed, ZERO)

    def without_wait(self) -> AutoInvestRule:
        return replace(self, waiting_for=None, waiting_since=None)

    def matches(self, loan: Loan) -> bool:
        """Return whether a loan meets the rule's criteria."""
        terms = self.terms
        fits = loan.requested_rate >= terms.min_rate and loan.term_months <= terms.max_term
        fits = fits and loan.amount >= terms.min_loan_amount
        return self.is_active and loan.is_open and fits and bool(self.target_amount(loan))

    def target_amount(self, loan: Loan) -> Money:
        """Return the placement without a limit of exposure; the share is rounded down to the cent."""
        share = Money(loan.amount.cents * self.terms.max_share.basis_points // BASIS_POINTS)
        return min(self.terms.amount_per_loan, share, loan.unsubscribed)


@dataclass(frozen=True, slots=True)
class Placement:
    """A planned offer: its amount, and the reservation for it and the highest fee share it can get."""

    amount: Money
    reserved: Money


@dataclass(frozen=True, slots=True)
class PlacementRecord:
    """Record of a placement that counts towards the exposure."""

    loan_id: str
    borrower_id: str
    amount: Money
    reserved: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class MatchResult:
    loan_id: str
    outcome: Outcome
    reason: Reason | None
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Exposure:
    """Exposure of a rule in one loan or in several.

    ``reserved`` is the money reserved for offers, ``invested`` the outstanding principal, ``fees`` the fee shares
    paid for running loans. ``principal`` is the principal in both, of offers and invested, and what is written off.
    """

    reserved: Money = ZERO
    invested: Money = ZERO
    fees: Money = ZERO
    principal: Money = ZERO

    @property
    def total(self) -> Money:
        return self.reserved + self.invested + self.fees

    def __add__(self, other: Exposure) -> Exposure:
        return Exposure(
            self.reserved + other.reserved,
            self.invested + other.invested,
            self.fees + other.fees,
            self.principal + other.principal,
        )


@dataclass(frozen=True, slots=True)
class BorrowerExposure:
    """Principal of a rule with one borrower; ``committed`` is never less than what is reserved and outstanding."""

    borrower_id: str
    committed: Money = ZERO
    version: int = 0


def reservation_for(amount: Money, loan: Loan) -> Money:
    """Calculate the reservation of an offer, so that its funding never lacks a cent.

    A fee share is the difference of two numbers rounded half-even, so it is at most the exact part plus one
    cent, in whole cents, and at most the whole fee; an acceptance in part needs less.

    Args:
        amount: the amount of the offer, up to the amount of the loan.
        loan: the loan.

    >>> from fractions import Fraction
    >>> max(round(Fraction(375 * (c + 100), 1000)) - round(Fraction(375 * c, 1000)) for c in range(900))
    38
    """
    exact = loan.fee.cents * amount.cents // loan.amount.cents
    return amount + min(Money(exact + 1), loan.fee)


def largest_amount_within(budget: Money, loan: Loan) -> Money:
    """Return the largest amount whose reservation is at most ``budget``; 0 if there is none."""
    if budget >= loan.amount + loan.fee:
        return loan.amount
    if not loan.fee:
        return budget
    whole = loan.amount.cents + loan.fee.cents
    return Money(max(budget.cents * loan.amount.cents - 1, 0) // whole)


def plan_placement(
    loan: Loan, rule: AutoInvestRule, borrower: BorrowerExposure, *, min_offer: Money
) -> Placement | Reason:
    """Plan the rule's placement in a loan, or return the reason why it makes none.

    The amount is the least of: the amount per loan, the share of the loan, the unsubscribed amount, what is left
    for the borrower, and the remaining exposure. It must be a valid offer, and the interest scheduled for it at
    the rule's own rate must exceed the highest fee share that it can get.

    Args:
        loan: a loan that the rule matches.
        rule: the rule.
        borrower: the rule's principal with the loan's borrower.
        min_offer: the smallest amount of an offer; the unsubscribed amount may be less.
    """
    least, target = min(min_offer, loan.unsubscribed), rule.target_amount(loan)
    if target < least:
        return Reason.BELOW_MINIMUM_OFFER
    target = min(target, rule.terms.borrower_limit - borrower.committed)
    if target < least:
        return Reason.BORROWER_LIMIT_REACHED
    amount = min(target, largest_amount_within(rule.remaining_exposure, loan))
    if not amount or amount < least:
        return Reason.EXPOSURE_REACHED
    reserved = reservation_for(amount, loan)
    interest = round_ratio(scheduled_interest(loan, rule.terms.min_rate).cents * amount.cents, loan.amount.cents)
    return Placement(amount, reserved) if interest > (reserved - amount).cents else Reason.YIELD_TOO_LOW


def scheduled_interest(loan: Loan, rate: Rate) -> Money:
    """Calculate a loan's total interest at a rate; 0 if that rate gives no schedule in whole cents."""
    try:
        schedule = build_schedule(
            loan.amount, rate, loan.term_months, start_date=loan.created_at.date(), method=loan.method
        )
    except TermsNotAmortisable:
        return ZERO
    return schedule.total_interest


def is_limited_by_exposure(loan: Loan, rule: AutoInvestRule) -> bool:
    """Return whether the remaining exposure reduces the placement; then repayments since the measurement matter."""
    return reservation_for(rule.target_amount(loan), loan) > rule.remaining_exposure


def is_limited_by_borrower(loan: Loan, rule: AutoInvestRule, borrower: BorrowerExposure) -> bool:
    """Return whether earlier placements with the loan's borrower reduce the placement; repayments then matter."""
    target = min(rule.target_amount(loan), rule.terms.borrower_limit)
    return bool(borrower.committed) and target > rule.terms.borrower_limit - borrower.committed


def exposure_in(rule_id: str, loan: Loan | None, offer: Offer | None) -> Exposure | None:
    """Calculate the rule's exposure in a loan; None if the placement has ended.

    A fee share counts until the loan ends: then it has been earned, refunded or lost. If the loan and the offer were
    read at different moments, the exposure is that of the earlier state, never less than the true one. A lender's
    part of the outstanding principal is within a cent of its quota (see ``distribute``), so it is rounded up.

    Principal that is written off and not recovered is lost to the rule's limit, but still counts for its borrower.
    """
    if loan is None or offer is None or offer.rule_id != rule_id:
        return None
    if not offer.is_funded:
        principal = offer.accepted_amount if offer.is_accepted else offer.amount
        return Exposure(reserved=offer.reserved, principal=principal) if offer.reserved else None
    if loan.status in (LoanStatus.REQUESTED, LoanStatus.PENDING_FUNDING):
        invested = offer.accepted_amount
    else:
        unpaid = loan.outstanding + loan.written_off
        invested = Money(-(-offer.accepted_amount.cents * unpaid.cents // loan.amount.cents))
        if loan.status is LoanStatus.DEFAULTED and invested:
            return Exposure(principal=invested)
        if loan.status is not LoanStatus.FUNDED:
            return None
    return Exposure(invested=invested, fees=offer.fee_share, principal=invested)


def end_reason(loan: Loan | None, offer: Offer | None) -> Reason:
    """Return why a placement has ended that its lender did not end."""
    if loan is None or offer is None or not offer.is_funded:
        return Reason.NOT_TAKEN
    return _ENDS.get(loan.status, Reason.NOT_TAKEN)


def priority_key(loan_id: str, rule_id: str) -> bytes:
    """Return the sort key by which rules are matched with a loan: pseudo-random, and stable for the loan.

    No rule is always first, and a repeated matching has the same order.
    """
    return hashlib.sha256(f"{loan_id}\x1f{rule_id}".encode()).digest()
