"""Reschedule running loans."""

from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.schemas import RescheduleRequest, RescheduleResponse
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoQuery
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.loans.domain.errors import LoanNotFound, NothingToReschedule
from chalicelib.servicing.domain.rescheduling import NewTerms

router: Final = Router(__name__, get_container)


@router.endpoint(
    "POST",
    "/api/admin/loans/{id}/reschedule",
    "Reschedule a loan",
    body=RescheduleRequest,
    response=RescheduleResponse,
    errors=(LoanNotFound, NothingToReschedule, TermsNotAmortisable, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def reschedule_loan(context: RequestContext[RescheduleRequest, NoQuery]) -> IdempotentResult[RescheduleResponse]:
    """Change the remaining term or rate of an active loan, or grant a payment holiday.

    Overdue instalments remain due, and past payments keep their allocation.
    """
    body = context.body
    terms = NewTerms(body.remaining_terms, body.annual_interest_rate, body.holiday_months)
    container, today = get_container(), get_container().today()
    if body.dry_run:
        preview = container.rescheduling.plan(context.actor, context.id(), terms)
        return IdempotentResult(RescheduleResponse.of(preview, today, applied=False))
    audit = AuditContext(body.reason, context.request.request_id)
    rescheduled = container.operator_rescheduling.apply(
        context.actor, context.id(), terms, audit, context.idempotency_key
    )
    return rescheduled.map(lambda plan: RescheduleResponse.of(plan, today, applied=True))
