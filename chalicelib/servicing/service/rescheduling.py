"""Rescheduling a running loan, for operators: seen before it is done, and done in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.loans.domain.errors import LoanNotFound, NothingToReschedule
from chalicelib.loans.domain.funded_loan import FundedLoan, accrued, with_current_figures
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.servicing.domain.rescheduling import NewTerms, reschedule
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock


@dataclass(frozen=True, slots=True)
class Reschedule:
    """A loan's rows before and after."""

    before: LoanAccount
    after: FundedLoan


class RescheduleService:
    """New terms, a new rate, a payment holiday."""

    def __init__(self, repository: LoanRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    def plan(self, actor: Actor, loan_id: str, terms: NewTerms) -> Reschedule:
        """What new terms would do; changes nothing.

        Raises:
            RoleRequired, LoanNotFound
            NothingToReschedule: the loan is not running, or nothing is left in the future.
            TermsNotAmortisable: the terms give no rows in whole cents.
        """
        actor.must_be(Role.ADMIN)
        found = self._repository.find_servicing(loan_id, consistent=True)
        if found is None:
            raise LoanNotFound
        if found[1] is None or found[0].status is not LoanStatus.FUNDED:
            raise NothingToReschedule
        today = self._clock().date()
        present = accrued(found[1], today)
        account = reschedule(present.account, terms, today)
        loan = replace(
            with_current_figures(present.loan, account, today),
            annual_rate=account.annual_rate,
            costs=replace(
                present.loan.costs, monthly_payment=account.level_payment, total_interest=account.total_interest
            ),
        )
        return Reschedule(present.account, replace(present, account=account, loan=loan))

    def add(self, writes: WriteTransaction, plan: Reschedule) -> None:
        """Add the change to a transaction; stale where the loan changed since the plan was made."""
        self._repository.add_servicing(writes, plan.after)

    def present(self, actor: Actor, loan_id: str) -> Reschedule:
        """The loan as it is, in the shape of a plan that changes nothing: what a repeated request reads.

        Raises:
            RoleRequired, LoanNotFound, NothingToReschedule
        """
        actor.must_be(Role.ADMIN)
        found = self._repository.find_servicing(loan_id, consistent=True)
        if found is None:
            raise LoanNotFound
        if found[1] is None:
            raise NothingToReschedule
        servicing = accrued(found[1], self._clock().date())
        return Reschedule(servicing.account, servicing)
