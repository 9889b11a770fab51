"""A loan from the request to its end: its states, and who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.errors import (
    AlreadyFunded,
    LoanBeingRefunded,
    LoanNotCancellable,
    LoanNotOpen,
    LoanNotReady,
)
from chalicelib.shared.money import NO_RATE, ZERO, Money, Rate


class LoanStatus(StrEnum):
    """Where a loan stands."""

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
    LoanStatus.DEFAULTED: frozenset(),
    LoanStatus.COMPLETED: frozenset(),
    LoanStatus.CANCELLED: frozenset(),
}
CANCELLABLE: Final = frozenset({LoanStatus.REQUESTED, LoanStatus.PENDING_FUNDING})


class IllegalTransition(Exception):
    """A defect: code tried to move a loan where it can't go."""


@dataclass(frozen=True, slots=True)
class LateFeeTerms:
    """What being late costs, fixed at the request: a part of the row's unpaid principal, or a flat fee."""

    grace_days: int = 0
    percent: Rate = NO_RATE
    flat: Money = ZERO

    def fee(self, unpaid_principal: Money) -> Money:
        """The fee of one late row."""
        return unpaid_principal.times(self.percent.per_year) if self.percent.basis_points else self.flat


@dataclass(frozen=True, slots=True)
class Costs:
    """What the borrower pays under the rate in force; an estimate until the loan is funded."""

    monthly_payment: Money
    total_interest: Money
    apr: Rate
    effective_rate: Rate


@dataclass(frozen=True, slots=True)
class Loan:
    """The loan itself. Its offers, schedule and payments are items beside it."""

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
    late_fee_terms: LateFeeTerms
    default_days: int
    created_at: datetime
    version: int = 0
    funding_round: int = 1
    accepted: Money = ZERO
    accepted_offers: int = 0
    funded: Money = ZERO
    refunding: LoanStatus | None = None
    reservations: int = 0
    request_expires_on: date | None = None
    next_action_on: date | None = None
    funded_at: datetime | None = None
    completed_at: datetime | None = None
    outstanding: Money = ZERO
    remaining: Money = ZERO
    written_off: Money = ZERO
    next_due_date: date | None = None

    def with_status(self, status: LoanStatus) -> Loan:
        """The loan in another state.

        Raises:
            IllegalTransition: the table of transitions does not hold this step.
        """
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"{self.status} to {status}")
        return replace(self, status=status)

    @property
    def is_open(self) -> bool:
        """Whether lenders may offer and the borrower may accept."""
        return self.status is LoanStatus.REQUESTED and self.refunding is None

    @property
    def unsubscribed(self) -> Money:
        """What accepted offers do not cover yet."""
        return self.amount - self.accepted

    def require_open(self) -> None:
        """Go on only while offers are taken.

        Raises:
            LoanNotOpen, LoanBeingRefunded
        """
        if self.refunding is not None:
            raise LoanBeingRefunded
        if self.status is not LoanStatus.REQUESTED:
            raise LoanNotOpen

    def require_fundable(self) -> None:
        """Go on only between coverage and the last funding.

        Raises:
            LoanNotReady: not covered, or ended. AlreadyFunded: all is paid in. LoanBeingRefunded.
        """
        if self.refunding is not None:
            raise LoanBeingRefunded
        if self.funded_at is not None:
            raise AlreadyFunded
        if self.status is not LoanStatus.PENDING_FUNDING:
            raise LoanNotReady

    def require_cancellable(self) -> None:
        """Go on only before the loan is funded.

        Raises:
            LoanNotCancellable, LoanBeingRefunded
        """
        if self.refunding is not None:
            raise LoanBeingRefunded
        if self.status not in CANCELLABLE:
            raise LoanNotCancellable

    def with_acceptance(self, part: Money, clearing_rate: Rate, lapses_on: date) -> Loan:
        """One more offer is accepted for ``part``; once the amount is covered the clearing rate is fixed.

        ``lapses_on`` is the first day on which unfinished funding is undone.
        """
        accepted = replace(self, accepted=self.accepted + part, accepted_offers=self.accepted_offers + 1)
        if accepted.unsubscribed:
            return accepted
        covered = replace(accepted, annual_rate=clearing_rate, next_action_on=lapses_on)
        return covered.with_status(LoanStatus.PENDING_FUNDING)

    def with_funding(self, part: Money, *, reservations: int = 0) -> Loan:
        """Accepted lenders have put ``part`` in; so many of them out of what their offers held."""
        return replace(self, funded=self.funded + part, reservations=self.reservations - reservations)


def request_expiry_date(requested_at: datetime, request_days: int) -> date:
    """The first day on which a request that was not covered ends."""
    return requested_at.date() + timedelta(days=request_days)
