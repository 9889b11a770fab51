"""New terms of a running loan, and the proposal that a borrower accepts if they make the loan more expensive."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.loans.domain.errors import ProposalLapsed, ProposalTooExpensive
from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.ids import moment_of
from chalicelib.shared.money import Money, Rate

PROPOSAL_DAYS: Final = 14
"""Days after its creation on which a proposal can be accepted."""


class Ground(StrEnum):
    """The ground of a reschedule: a right under the contract, or the borrower's financial difficulties."""

    CONTRACTUAL = "contractual"
    DISTRESSED = "distressed"


@dataclass(frozen=True, slots=True)
class NewTerms:
    """Changes of a reschedule; None and 0 change nothing.

    ``remaining_terms`` counts the instalments from the next one on; ``holiday_months`` postpones that one.
    """

    remaining_terms: int | None = None
    annual_rate: Rate | None = None
    holiday_months: int = 0

    def __post_init__(self) -> None:
        if self.remaining_terms is None and self.annual_rate is None and not self.holiday_months:
            message = "at least one of remaining_terms, annual_interest_rate and holiday_months is required"
            raise Unprocessable(errors=(("body", message),))


@dataclass(frozen=True, slots=True)
class RescheduleFigures:
    """The figures of a loan that a reschedule changes. ``total_interest`` includes what is already paid."""

    annual_rate: Rate
    monthly_payment: Money
    term_months: int
    total_interest: Money
    next_due_date: date | None


@dataclass(frozen=True, slots=True)
class RescheduleProposal:
    """A reschedule that needs the borrower's consent, with the figures that the borrower was shown."""

    id: str
    loan_id: str
    terms: NewTerms
    reason: str
    ground: Ground
    before: RescheduleFigures
    after: RescheduleFigures

    @property
    def created_at(self) -> datetime:
        return moment_of(self.id)

    @property
    def expires_on(self) -> date:
        """The last day on which the borrower can accept."""
        return self.created_at.date() + timedelta(days=PROPOSAL_DAYS)

    def has_lapsed(self, today: date) -> bool:
        return today > self.expires_on

    def require_acceptable(self, today: date, total_interest: Money) -> None:
        """Check that the borrower can accept the proposal on a day.

        Args:
            today: the day of the acceptance.
            total_interest: the total interest of the loan on the new terms from that day.

        Raises:
            ProposalLapsed: the proposal is older than 14 days.
            ProposalTooExpensive: the total interest is more than the borrower was shown.
        """
        if self.has_lapsed(today):
            raise ProposalLapsed
        if total_interest > self.after.total_interest:
            raise ProposalTooExpensive(self.after.total_interest, total_interest)
