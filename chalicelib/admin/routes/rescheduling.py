"""New terms for a running loan."""

from __future__ import annotations

from typing import Final

from chalice.app import Blueprint

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.schemas import RescheduleRequest, RescheduleResponse
from chalicelib.api.fields import NoQuery
from chalicelib.api.routing import AccessLevel, Reply, RequestContext, endpoint, identifier
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.loans.domain.errors import LoanNotFound, NothingToReschedule
from chalicelib.loans.domain.visibility import LoanView
from chalicelib.loans.schemas import LoanResponse
from chalicelib.servicing.domain.rescheduling import NewTerms
from chalicelib.servicing.schemas import ScheduleResponse
from chalicelib.servicing.service.rescheduling import Reschedule

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "POST",
    "/api/admin/loans/{id}/reschedule",
    "Give a running loan new terms, a new rate or a payment holiday",
    body=RescheduleRequest,
    answer=RescheduleResponse,
    refusals=(LoanNotFound, NothingToReschedule, TermsNotAmortisable, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def reschedule_loan(call: RequestContext[RescheduleRequest, NoQuery]) -> Reply:
    """Overdue instalments stay due; what was paid stays paid."""
    body = call.body
    terms = NewTerms(body.remaining_terms, body.annual_interest_rate, body.holiday_months)
    container, loan_id = get_container(), identifier(call, "id")
    if body.dry_run:
        plan = container.rescheduling.plan(call.actor, loan_id, terms)
        return _response(IdempotentResult(plan), applied=False)
    context = AuditContext(body.reason, call.incoming.request_id)
    done = container.operator_rescheduling.apply(call.actor, loan_id, terms, context, call.idempotency_key)
    return _response(done, applied=True)


def _response(done: IdempotentResult[Reschedule], *, applied: bool) -> Reply:
    plan, today = done.value, get_container().clock().date()
    loan = plan.after.loan
    answer = RescheduleResponse(
        applied=applied,
        loan=LoanResponse.of(LoanView(loan)),
        before=ScheduleResponse.of(loan, plan.before, today),
        after=ScheduleResponse.of(loan, plan.after.account, today),
    )
    return Reply(answer, replayed=done.replayed)
