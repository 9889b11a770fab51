"""Reschedule loans: schedule or proposal, audit entry and idempotency record are written in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms, RescheduleProposal
from chalicelib.servicing.service.rescheduling import Reschedule, RescheduleService
from chalicelib.shared.actor import Actor


@dataclass(frozen=True, slots=True)
class Proposed:
    """A reschedule that waits for the borrower's consent."""

    proposal: RescheduleProposal


class OperatorRescheduleService:
    """Reschedules by operators, and the consent of borrowers to those that raise the cost."""

    def __init__(self, loans: RescheduleService, audit_log: AuditLog, idempotency: IdempotencyStore) -> None:
        self._loans = loans
        self._audit_log = audit_log
        self._idempotency = idempotency

    def apply(
        self,
        actor: Actor,
        loan_id: str,
        terms: NewTerms,
        ground: Ground,
        context: AuditContext,
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[Reschedule | Proposed]:
        """Give a loan new terms, or propose them to the borrower if they raise the total cost.

        ``RescheduleService.plan`` previews them.

        Args:
            actor: an operator.
            loan_id: the loan.
            terms: the changes.
            ground: the ground of the reschedule.
            context: the reason and the request.
            idempotency_key: the client's key, if it sent one.

        Raises:
            RoleRequired: the actor is not an operator.
            LoanNotFound: there is no such loan.
            NothingToReschedule: the loan is not running, or has no future instalment.
            TermsNotAmortisable: the new terms do not repay the loan.
        """

        def apply() -> Reschedule | Proposed:
            plan = self._loans.plan(actor, loan_id, terms)
            writes = self._audit_log.writes()
            proposal = None
            if plan.raises_cost:
                proposal = self._loans.add_proposal(writes, plan, terms, context.reason, ground)
            else:
                self._loans.add(writes, plan, ground)
            action = AuditAction.PROPOSE_RESCHEDULE if proposal else AuditAction.RESCHEDULE_LOAN
            details = _details(terms, plan, ground, proposal)
            self._audit_log.add(writes, actor, AuditEvent(action, f"loan:{loan_id}", context, details))
            record = {"loan": loan_id, **({"proposal": proposal.id} if proposal else {})}
            self._idempotency.add(writes, idempotency_key, record)
            writes.commit()
            return Proposed(proposal) if proposal else plan

        def replay(result: Mapping[str, str]) -> Reschedule | Proposed:
            if "proposal" in result:
                return Proposed(self._loans.find_proposal(result["loan"], result["proposal"]))
            return self._loans.present(result["loan"])

        return self._idempotency.execute(idempotency_key, lambda: retry_on_conflict(apply), replay)

    def accept(
        self,
        actor: Actor,
        loan_id: str,
        proposal_id: str,
        request_id: str,
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[Reschedule]:
        """Apply a proposal that the borrower accepts, recalculated from today on.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, ProposalNotFound
            ProposalNotOpen: it was accepted, or a newer change has replaced it.
            ProposalLapsed: it is older than 14 days.
            ProposalTooExpensive: it costs more today than the borrower was shown.
            NothingToReschedule, TermsNotAmortisable: the loan has changed, so that the terms no longer fit.
        """

        def accept() -> Reschedule:
            plan, proposal = self._loans.plan_acceptance(actor, loan_id, proposal_id)
            writes = self._audit_log.writes()
            self._idempotency.add(writes, idempotency_key, {"loan": loan_id})
            self._loans.add(writes, plan, proposal.ground)
            context = AuditContext(proposal.reason, request_id)
            details = _details(proposal.terms, plan, proposal.ground, proposal)
            event = AuditEvent(AuditAction.ACCEPT_RESCHEDULE, f"loan:{loan_id}", context, details)
            self._audit_log.add(writes, actor, event)
            writes.commit()
            return plan

        return self._idempotency.execute(
            idempotency_key,
            lambda: retry_on_conflict(accept),
            lambda result: self._loans.present(result["loan"]),
        )


def _details(terms: NewTerms, plan: Reschedule, ground: Ground, proposal: RescheduleProposal | None) -> dict[str, str]:
    return {
        "remaining_terms": str(terms.remaining_terms or ""),
        "annual_interest_rate": "" if terms.annual_rate is None else str(terms.annual_rate),
        "holiday_months": str(terms.holiday_months),
        "ground": ground.value,
        "interest_before": str(plan.before.total_interest),
        "interest_after": str(plan.after.account.total_interest),
        **({"proposal": proposal.id} if proposal else {}),
    }
