"""What the calendar does to one loan: a request expires, funding lapses, rows fall overdue, fees, default."""

from __future__ import annotations

from enum import StrEnum

from chalicelib.dynamodb.database import retry_on_conflict
from chalicelib.loans.domain.funded_loan import FundedLoan, accrued
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.origination.service.unwind import UnwindService
from chalicelib.shared.clock import Clock


class LifecycleAction(StrEnum):
    """What the calendar did."""

    NOTHING = "nothing"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    ACCRUED = "accrued"
    DEFAULTED = "defaulted"


class LifecycleService:
    """Acts on a loan whose next action is due. Acting twice, or days late, gives the same cents."""

    def __init__(self, repository: LoanRepository, winding_back: UnwindService, clock: Clock) -> None:
        self._repository = repository
        self._winding_back = winding_back
        self._clock = clock

    def act(self, loan_id: str) -> LifecycleAction:
        """Do to the loan whatever its date of next action asks for, if that date has come."""
        return retry_on_conflict(lambda: self._act(loan_id))

    def _act(self, loan_id: str) -> LifecycleAction:
        found = self._repository.find_servicing(loan_id, consistent=True)
        if found is None or found[0].refunding is not None or not self._has_come(found[0]):
            return LifecycleAction.NOTHING
        loan, servicing = found
        if loan.status is LoanStatus.REQUESTED:
            self._wind_back(loan_id, LoanStatus.CANCELLED)
            return LifecycleAction.EXPIRED
        if loan.status is LoanStatus.PENDING_FUNDING:
            self._wind_back(loan_id, LoanStatus.REQUESTED)
            return LifecycleAction.LAPSED
        return self._accrue(servicing) if servicing else LifecycleAction.NOTHING

    def _has_come(self, loan: Loan) -> bool:
        return loan.next_action_on is not None and loan.next_action_on <= self._clock().date()

    def _wind_back(self, loan_id: str, target: LoanStatus) -> None:
        found = self._repository.find_with_offers(loan_id, consistent=True)
        if found is None or not self._has_come(found[0]) or found[0].refunding is not None:
            return
        writes = self._repository.writes()
        self._winding_back.add(writes, found[0], found[1], target)
        writes.commit()

    def _accrue(self, before: FundedLoan) -> LifecycleAction:
        after = accrued(before, self._clock().date())
        writes = self._repository.writes()
        if after.account == before.account:
            self._repository.add_loan(writes, after.loan)
        else:
            self._repository.add_servicing(writes, after)
        writes.commit()
        defaulted = after.loan.status is LoanStatus.DEFAULTED and before.loan.status is LoanStatus.FUNDED
        return LifecycleAction.DEFAULTED if defaulted else LifecycleAction.ACCRUED
