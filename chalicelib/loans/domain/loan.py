"""The loan: its terms, its status and the legal transitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.arrears import ArrearsTerms
from chalicelib.loans.domain.autopay import AttemptStatus, Autopay, AutopayAttempt
from chalicelib.loans.domain.errors import (
    AlreadyFunded,
    LoanBeingRefunded,
    LoanNotCancellable,
    LoanNotOpen,
    LoanNotReady,
    LoanNotReleasable,
)
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.reminders import Reminder
from chalicelib.loans.domain.reschedule_proposal import Ground
from chalicelib.shared.money import ZERO, Money, Rate


class LoanStatus(StrEnum):
    """Status of a loan; COMPLETED and CANCELLED are final."""

    REQUESTED = "REQUESTED"
    PENDING_FUNDING = "PENDING_FUNDING"
    FUNDED = "FUNDED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    DEFAULTED = "DEFAULTED"


TRANSITIONS: Final[Mapping[LoanStatus, frozenset[LoanStatus]]] = {
    LoanStatus.REQUESTED: frozenset({LoanStatus.PENDING_FUNDING, LoanStatus.CANCELLED}),
    LoanStatus.PENDING_FUNDING: frozenset({LoanStatus.FUNDED, LoanStatus.CANCELLED, LoanStatus.REQUESTED}),
    LoanStatus.FUNDED: frozenset({LoanStatus.COMPLETED, LoanStatus.DEFAULTED}),
    LoanStatus.DEFAULTED: frozenset({LoanStatus.COMPLETED}),
    LoanStatus.COMPLETED: frozenset(),
    LoanStatus.CANCELLED: frozenset(),
}
CANCELLABLE: Final = frozenset({LoanStatus.REQUESTED, LoanStatus.PENDING_FUNDING})
FUNDING_REMINDER_DAYS: Final = (2, 1)
"""Days before the funding lapses on which lenders who have not funded are reminded."""
NO_AUTOPAY: Final = Autopay()
PAYABLE: Final = frozenset({LoanStatus.FUNDED, LoanStatus.DEFAULTED})


class UnwindKind(StrEnum):
    """Kind of an unwind: the request is cancelled or expires, the funding lapses, or the borrower releases the loan."""

    CANCELLATION = "CANCELLATION"
    EXPIRY = "EXPIRY"
    LAPSE = "LAPSE"
    RELEASE = "RELEASE"

    @property
    def ends_request(self) -> bool:
        """True if the loan is cancelled; otherwise it is open again."""
        return self in (UnwindKind.CANCELLATION, UnwindKind.EXPIRY)


@dataclass(frozen=True, slots=True)
class Unwind:
    """An unwind that is complete."""

    kind: UnwindKind
    at: datetime


class IllegalTransition(Exception):
    """A defect: the code attempted an illegal transition."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of the borrower at the current rate; an estimate until the loan is funded."""

    monthly_payment: Money
    total_interest: Money
    apr: Rate
    effective_rate: Rate


@dataclass(frozen=True, slots=True)
class Loan:
    """The loan without its offers, schedule and payments.

    ``reservations`` counts the offers with a reservation, ``accepted`` is the principal of accepted offers. While
    ``refunding`` is set, an unwind of that kind is in progress; ``unwound`` is the last one, until the loan is
    fully subscribed again. ``funding_lapses_on`` is the first day on which an incomplete funding lapses.
    ``past_due_90_on`` is the first day on which a material amount had been overdue for more than 90 days.
    ``proposal_id`` is the reschedule that was proposed last, unless it was accepted or replaced; the last
    reschedule has its date and ground, and ``reschedules`` counts those that were applied. ``is_hidden``: the
    borrower's account is frozen, so the request is not in the market. ``autopay`` ends with the status FUNDED, and
    its attempts stay. ``reminder`` is the last one that a job recorded, whatever was paid since.
    """

    id: str
    borrower_id: str
    borrower_username: str
    amount: Money
    term_months: int
    requested_rate: Rate
    annual_rate: Rate
    method: Method
    purpose: str
    status: LoanStatus
    costs: Costs
    fee: Money
    arrears_terms: ArrearsTerms
    default_days: int
    created_at: datetime
    version: int = 0
    funding_round: int = 1
    accepted: Money = ZERO
    accepted_offers: int = 0
    funded: Money = ZERO
    refunding: UnwindKind | None = None
    reservations: int = 0
    request_expires_on: date | None = None
    next_action_on: date | None = None
    funding_lapses_on: date | None = None
    subscribed_at: datetime | None = None
    unwound: Unwind | None = None
    funded_at: datetime | None = None
    completed_at: datetime | None = None
    defaulted_at: datetime | None = None
    past_due_90_on: date | None = None
    outstanding: Money = ZERO
    remaining: Money = ZERO
    written_off: Money = ZERO
    next_due_date: date | None = None
    proposal_id: str | None = None
    rescheduled_on: date | None = None
    reschedule_ground: Ground | None = None
    reschedules: int = 0
    is_hidden: bool = False
    autopay: Autopay = NO_AUTOPAY
    reminder: Reminder | None = None

    def with_status(self, status: LoanStatus) -> Loan:
        """Return the loan with another status.

        Raises:
            IllegalTransition: ``TRANSITIONS`` does not allow it.
        """
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"{self.status} to {status}")
        return replace(self, status=status)

    @property
    def is_open(self) -> bool:
        """True while lenders may offer and the borrower may accept."""
        return self.is_public and self.refunding is None

    @property
    def is_public(self) -> bool:
        """True while everyone who is signed in may see the loan."""
        return self.status is LoanStatus.REQUESTED and not self.is_hidden

    @property
    def unsubscribed(self) -> Money:
        """Amount for which no offer is accepted."""
        return self.amount - self.accepted

    def is_action_due(self, today: date) -> bool:
        """Return whether a scheduled job has to act on the loan; not while it is unwound."""
        return self.next_action_on is not None and self.next_action_on <= today and self.refunding is None

    def collects_on(self, account: LoanAccount, day: date) -> bool:
        """Return whether autopay is to pay due instalments of the loan's account on a day."""
        return self.status is LoanStatus.FUNDED and self.autopay.next_attempt_on(account, day) == day

    def with_attempt(self, on: date, number: int, status: AttemptStatus, code: str | None = None) -> Loan:
        """Return the loan after an attempt of autopay to pay an instalment."""
        return replace(self, autopay=self.autopay.with_attempt(AutopayAttempt(on, number, status, code)))

    def require_open(self) -> None:
        """Check that the borrower may accept.

        Raises:
            LoanNotOpen, LoanBeingRefunded
        """
        if self.refunding is not None:
            raise LoanBeingRefunded
        if self.status is not LoanStatus.REQUESTED:
            raise LoanNotOpen

    def require_in_market(self) -> None:
        """Check that lenders may offer.

        Raises:
            LoanNotOpen, LoanBeingRefunded
        """
        self.require_open()
        if self.is_hidden:
            raise LoanNotOpen

    def require_fundable(self) -> None:
        """Check that the loan is fully subscribed and not yet funded.

        Raises:
            LoanNotReady: it is not fully subscribed, or has ended.
            AlreadyFunded, LoanBeingRefunded
        """
        if self.refunding is not None:
            raise LoanBeingRefunded
        if self.funded_at is not None:
            raise AlreadyFunded
        if self.status is not LoanStatus.PENDING_FUNDING:
            raise LoanNotReady

    def require_cancellable(self) -> None:
        """Check that the loan is not funded yet.

        Raises:
            LoanNotCancellable, LoanBeingRefunded
        """
        if self.refunding is not None:
            raise LoanBeingRefunded
        if self.status not in CANCELLABLE:
            raise LoanNotCancellable

    def require_releasable(self) -> None:
        """Check that the borrower has accepted an offer, and that the loan is not funded yet.

        Raises:
            LoanNotReleasable, LoanBeingRefunded
        """
        if self.refunding is not None:
            raise LoanBeingRefunded
        if self.status not in CANCELLABLE or not self.accepted_offers:
            raise LoanNotReleasable

    def with_acceptance(self, part: Money, clearing_rate: Rate, lapses_on: date) -> Loan:
        """Return the loan after an acceptance; a fully subscribed loan gets its clearing rate.

        Args:
            part: principal accepted, up to ``unsubscribed``.
            clearing_rate: the highest accepted rate.
            lapses_on: the first day on which an incomplete funding lapses.
        """
        accepted = replace(self, accepted=self.accepted + part, accepted_offers=self.accepted_offers + 1)
        if accepted.unsubscribed:
            return accepted
        first = lapses_on - timedelta(days=FUNDING_REMINDER_DAYS[0])
        subscribed = replace(accepted, annual_rate=clearing_rate, next_action_on=first, funding_lapses_on=lapses_on)
        return subscribed.with_status(LoanStatus.PENDING_FUNDING)


def request_expiry_date(requested_at: datetime, request_days: int) -> date:
    """Calculate the first day on which a request that is not fully subscribed expires."""
    return requested_at.date() + timedelta(days=request_days)
