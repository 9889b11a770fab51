"""Rescheduling loans: the new rows, the audit entry and the marker in one transaction."""

from __future__ import annotations

from chalicelib.admin.domain.audit import Action, Deed, Occasion
from chalicelib.admin.service.auditing import AuditTrail
from chalicelib.common.actor import Actor
from chalicelib.common.dynamo import retrying
from chalicelib.common.idempotency import Done, Markers, Once
from chalicelib.loans.domain.rescheduling import NewTerms
from chalicelib.loans.service.rescheduling import Reschedule, RescheduleService


class RescheduleDesk:
    """The operators' way to give a loan new terms."""

    def __init__(self, loans: RescheduleService, trail: AuditTrail, markers: Markers) -> None:
        self._loans = loans
        self._trail = trail
        self._markers = markers

    def preview(self, actor: Actor, loan_id: str, terms: NewTerms) -> Reschedule:
        """What new terms would do; changes nothing. Raises as `apply`."""
        return self._loans.plan(actor, loan_id, terms)

    def apply(
        self, actor: Actor, loan_id: str, terms: NewTerms, occasion: Occasion, once: Once | None = None
    ) -> Done[Reschedule]:
        """Give a loan new terms.

        Raises:
            RoleRequired, LoanNotFound, NothingToReschedule, TermsNotAmortisable
        """

        def apply() -> Reschedule:
            plan = self._loans.plan(actor, loan_id, terms)
            writes = self._trail.writes()
            self._markers.stage(writes, once, {"loan": loan_id})
            self._loans.stage(writes, plan)
            self._trail.stage(
                writes, actor, Deed(Action.RESCHEDULE_LOAN, f"loan:{loan_id}", occasion, _details(terms, plan))
            )
            writes.commit()
            return plan

        return self._markers.carry_out(
            once, lambda: retrying(apply), lambda result: self._loans.present(actor, result["loan"])
        )


def _details(terms: NewTerms, plan: Reschedule) -> dict[str, str]:
    return {
        "remaining_terms": str(terms.remaining_terms or ""),
        "annual_interest_rate": str(terms.annual_rate or ""),
        "holiday_months": str(terms.holiday_months),
        "interest_before": str(plan.before.total_interest),
        "interest_after": str(plan.after.account.total_interest),
    }
