"""Rescheduling of funded loans: a plan first, then its application or its proposal in the caller's transaction."""

from dataclasses import dataclass, replace

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.loans.domain.borrowing_costs import with_recalculated_costs
from chalicelib.loans.domain.errors import LoanNotFound, NothingToReschedule, ProposalNotFound, ProposalNotOpen
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_loan, with_current_figures
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms, RescheduleFigures, RescheduleProposal
from chalicelib.loans.domain.visibility import require_borrower
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.proposals import ProposalRepository
from chalicelib.servicing.domain.rescheduling import reschedule
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Reschedule:
    """The loan as it is stored, accrued to today, and on the new terms."""

    stored: Loan
    loan: Loan
    before: LoanAccount
    after: FundedLoan

    @property
    def raises_cost(self) -> bool:
        """True if the borrower must agree: the total interest rises. Charges so far are the same in both schedules."""
        return self.after.account.total_interest > self.before.total_interest


class RescheduleService:
    """New terms, a new rate, a payment holiday."""

    def __init__(self, loans: LoanRepository, proposals: ProposalRepository, clock: Clock) -> None:
        self._loans = loans
        self._proposals = proposals
        self._clock = clock

    def plan(self, actor: Actor, loan_id: str, terms: NewTerms) -> Reschedule:
        """Calculate the effect of new terms; changes nothing.

        Raises:
            RoleRequired, LoanNotFound
            NothingToReschedule: the loan is not running, or no instalment is in the future.
            TermsNotAmortisable: the terms give no schedule in whole cents.
        """
        actor.must_be(Role.ADMIN)
        found = self._loans.find_funded_loan(loan_id, consistent=True)
        if found is None:
            raise LoanNotFound
        return self._plan(found[1], terms)

    def add(self, writes: WriteTransaction, plan: Reschedule, ground: Ground) -> None:
        """Add a planned change to a transaction; it fails if the loan has changed since the plan was made.

        The change replaces a proposal that is still open.
        """
        loan = replace(
            plan.after.loan,
            proposal_id=None,
            rescheduled_on=self._clock().date(),
            reschedule_ground=ground,
            reschedules=plan.after.loan.reschedules + 1,
        )
        self._loans.add_funded_loan(writes, replace(plan.after, loan=loan))

    def add_proposal(
        self, writes: WriteTransaction, plan: Reschedule, terms: NewTerms, reason: str, ground: Ground
    ) -> RescheduleProposal:
        """Add the proposal of a planned change to a transaction; it replaces an earlier proposal."""
        proposal = RescheduleProposal(
            id=new_id(self._clock()),
            loan_id=plan.loan.id,
            terms=terms,
            reason=reason,
            ground=ground,
            before=_figures(plan.loan),
            after=_figures(plan.after.loan),
        )
        self._proposals.add(writes, proposal)
        self._loans.add_loan(writes, replace(plan.stored, proposal_id=proposal.id))
        return proposal

    def plan_acceptance(self, actor: Actor, loan_id: str, proposal_id: str) -> tuple[Reschedule, RescheduleProposal]:
        """Calculate the effect of the proposal that the borrower accepts, from today on; changes nothing.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, ProposalNotFound
            ProposalNotOpen: it was accepted, or a newer change has replaced it.
            ProposalLapsed, ProposalTooExpensive, NothingToReschedule, TermsNotAmortisable
        """
        actor.must_be(Role.BORROWER)
        found = self._loans.find_funded_loan(loan_id, consistent=True)
        loan = require_borrower(actor, found[0] if found else None)
        proposal = self.find_proposal(loan_id, proposal_id)
        if loan.proposal_id != proposal.id:
            raise ProposalNotOpen
        plan = self._plan(found[1] if found else None, proposal.terms)
        proposal.require_acceptable(self._clock().date(), plan.after.account.total_interest)
        return plan, proposal

    def find_proposal(self, loan_id: str, proposal_id: str) -> RescheduleProposal:
        """Return a proposal.

        Raises:
            ProposalNotFound
        """
        proposal = self._proposals.find(loan_id, proposal_id)
        if proposal is None:
            raise ProposalNotFound
        return proposal

    def present(self, loan_id: str) -> Reschedule:
        """Return the loan as it is, as a plan without changes: the response to a repeated request.

        Raises:
            LoanNotFound, NothingToReschedule
        """
        found = self._loans.find_funded_loan(loan_id, consistent=True)
        if found is None:
            raise LoanNotFound
        if found[1] is None:
            raise NothingToReschedule
        funded_loan = accrue_loan(found[1], self._clock().date())
        return Reschedule(found[0], funded_loan.loan, funded_loan.account, funded_loan)

    def _plan(self, current: FundedLoan | None, terms: NewTerms) -> Reschedule:
        if current is None or current.loan.status is not LoanStatus.FUNDED:
            raise NothingToReschedule
        today = self._clock().date()
        before = accrue_loan(current, today)
        account = reschedule(before.account, terms, today)
        loan = with_recalculated_costs(with_current_figures(before.loan, account, today), account, today)
        return Reschedule(current.loan, before.loan, before.account, replace(before, account=account, loan=loan))


def _figures(loan: Loan) -> RescheduleFigures:
    return RescheduleFigures(
        annual_rate=loan.annual_rate,
        monthly_payment=loan.costs.monthly_payment,
        term_months=loan.term_months,
        total_interest=loan.costs.total_interest,
        next_due_date=loan.next_due_date,
    )
