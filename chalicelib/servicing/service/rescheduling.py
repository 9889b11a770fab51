"""Rescheduling of funded loans by operators: a plan first, then its application in the caller's transaction."""

from dataclasses import dataclass, replace

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.loans.domain.errors import LoanNotFound, NothingToReschedule
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_loan, with_current_figures
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.servicing.domain.rescheduling import NewTerms, reschedule
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock


@dataclass(frozen=True, slots=True)
class Reschedule:
    before: LoanAccount
    after: FundedLoan


class RescheduleService:
    """New terms, a new rate, a payment holiday."""

    def __init__(self, loans: LoanRepository, clock: Clock) -> None:
        self._loans = loans
        self._clock = clock

    def plan(self, actor: Actor, loan_id: str, terms: NewTerms) -> Reschedule:
        """Calculate the effect of new terms; changes nothing.

        Raises:
            RoleRequired, LoanNotFound
            NothingToReschedule: the loan is not running, or no instalment is in the future.
            TermsNotAmortisable: the terms give no schedule in whole cents.
        """
        current = self._find(actor, loan_id)
        if current.loan.status is not LoanStatus.FUNDED:
            raise NothingToReschedule
        today = self._clock().date()
        accrued_loan = accrue_loan(current, today)
        account = reschedule(accrued_loan.account, terms, today)
        loan = with_current_figures(accrued_loan.loan, account, today)
        costs = replace(loan.costs, monthly_payment=account.level_payment)
        loan = replace(loan, annual_rate=account.annual_rate, costs=costs)
        return Reschedule(accrued_loan.account, replace(accrued_loan, account=account, loan=loan))

    def add(self, writes: WriteTransaction, plan: Reschedule) -> None:
        """Add a planned change to a transaction; it fails if the loan has changed since the plan was made."""
        self._loans.add_funded_loan(writes, plan.after)

    def present(self, actor: Actor, loan_id: str) -> Reschedule:
        """Return the loan as it is, as a plan without changes: the response to a repeated request.

        Raises:
            RoleRequired, LoanNotFound, NothingToReschedule
        """
        funded_loan = accrue_loan(self._find(actor, loan_id), self._clock().date())
        return Reschedule(funded_loan.account, funded_loan)

    def _find(self, actor: Actor, loan_id: str) -> FundedLoan:
        actor.must_be(Role.ADMIN)
        found = self._loans.find_funded_loan(loan_id, consistent=True)
        if found is None:
            raise LoanNotFound
        if found[1] is None:
            raise NothingToReschedule
        return found[1]
