"""Rescheduling loans: the new rows, the audit entry and the marker in one transaction."""

from __future__ import annotations

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.database import retry_on_conflict
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.servicing.domain.rescheduling import NewTerms
from chalicelib.servicing.service.rescheduling import Reschedule, RescheduleService
from chalicelib.shared.actor import Actor


class OperatorRescheduleService:
    """The operators' way to give a loan new terms."""

    def __init__(self, loans: RescheduleService, trail: AuditLog, markers: IdempotencyStore) -> None:
        self._loans = loans
        self._trail = trail
        self._markers = markers

    def preview(self, actor: Actor, loan_id: str, terms: NewTerms) -> Reschedule:
        """What new terms would do; changes nothing. Raises as `apply`."""
        return self._loans.plan(actor, loan_id, terms)

    def apply(
        self,
        actor: Actor,
        loan_id: str,
        terms: NewTerms,
        occasion: AuditContext,
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[Reschedule]:
        """Give a loan new terms.

        Raises:
            RoleRequired, LoanNotFound, NothingToReschedule, TermsNotAmortisable
        """

        def apply() -> Reschedule:
            plan = self._loans.plan(actor, loan_id, terms)
            writes = self._trail.writes()
            self._markers.add(writes, idempotency_key, {"loan": loan_id})
            self._loans.add(writes, plan)
            self._trail.add(
                writes,
                actor,
                AuditEvent(AuditAction.RESCHEDULE_LOAN, f"loan:{loan_id}", occasion, _details(terms, plan)),
            )
            writes.commit()
            return plan

        return self._markers.execute(
            idempotency_key, lambda: retry_on_conflict(apply), lambda result: self._loans.present(actor, result["loan"])
        )


def _details(terms: NewTerms, plan: Reschedule) -> dict[str, str]:
    return {
        "remaining_terms": str(terms.remaining_terms or ""),
        "annual_interest_rate": str(terms.annual_rate or ""),
        "holiday_months": str(terms.holiday_months),
        "interest_before": str(plan.before.total_interest),
        "interest_after": str(plan.after.account.total_interest),
    }
