"""Reschedule loans: schedule, audit entry and idempotency record change in one transaction."""

from __future__ import annotations

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.servicing.domain.rescheduling import NewTerms
from chalicelib.servicing.service.rescheduling import Reschedule, RescheduleService
from chalicelib.shared.actor import Actor


class OperatorRescheduleService:
    def __init__(self, loans: RescheduleService, audit_log: AuditLog, idempotency: IdempotencyStore) -> None:
        self._loans = loans
        self._audit_log = audit_log
        self._idempotency = idempotency

    def apply(
        self,
        actor: Actor,
        loan_id: str,
        terms: NewTerms,
        context: AuditContext,
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[Reschedule]:
        """Give a loan new terms. ``RescheduleService.plan`` previews them.

        Raises:
            RoleRequired: the actor is not an operator.
            LoanNotFound: there is no such loan.
            NothingToReschedule: the loan is not running, or nothing changes.
            TermsNotAmortisable: the new terms do not repay the loan.
        """

        def apply() -> Reschedule:
            plan = self._loans.plan(actor, loan_id, terms)
            writes = self._audit_log.writes()
            self._idempotency.add(writes, idempotency_key, {"loan": loan_id})
            self._loans.add(writes, plan)
            self._audit_log.add(
                writes,
                actor,
                AuditEvent(AuditAction.RESCHEDULE_LOAN, f"loan:{loan_id}", context, _details(terms, plan)),
            )
            writes.commit()
            return plan

        return self._idempotency.execute(
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
