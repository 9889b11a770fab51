"""Reschedule running loans."""

from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.schemas import (
    AcceptRescheduleRequest,
    RescheduleProposedResponse,
    RescheduleRequest,
    RescheduleResponse,
)
from chalicelib.admin.service.rescheduling import Proposed
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoQuery
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.loans.domain.errors import (
    LoanNotFound,
    NothingToReschedule,
    NotTheBorrower,
    ProposalLapsed,
    ProposalNotFound,
    ProposalNotOpen,
    ProposalTooExpensive,
)
from chalicelib.loans.schemas import RescheduleProposalResponse
from chalicelib.servicing.service.rescheduling import Reschedule

router: Final = Router(__name__, get_container)


@router.endpoint(
    "POST",
    "/api/admin/loans/{id}/reschedule",
    "Reschedule a loan",
    body=RescheduleRequest,
    response=RescheduleResponse,
    accepted=RescheduleProposedResponse,
    errors=(LoanNotFound, NothingToReschedule, TermsNotAmortisable, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def reschedule_loan(
    context: RequestContext[RescheduleRequest, NoQuery],
) -> IdempotentResult[RescheduleResponse | RescheduleProposedResponse]:
    """Change the remaining term or rate of an active loan, or grant a payment holiday.

    Overdue instalments remain due, past payments keep their allocation, and interest earned so far stays as it is.
    If the total interest rises, nothing changes yet: the response is 202 with a proposal, which the borrower can
    accept for 14 days. A newer proposal or reschedule replaces it.
    """
    body = context.body
    container, today = get_container(), get_container().today()
    if body.dry_run:
        preview = container.rescheduling.plan(context.actor, context.id(), body.terms())
        return IdempotentResult(RescheduleResponse.of(preview, today, applied=False))
    reason, ground = body.justification()
    audit = AuditContext(reason, context.request.request_id)
    rescheduled = container.operator_rescheduling.apply(
        context.actor, context.id(), body.terms(), ground, audit, context.idempotency_key
    )

    def respond(outcome: Reschedule | Proposed) -> RescheduleResponse | RescheduleProposedResponse:
        if isinstance(outcome, Proposed):
            return RescheduleProposedResponse(proposal=RescheduleProposalResponse.of(outcome.proposal))
        return RescheduleResponse.of(outcome, today, applied=True)

    return rescheduled.map(respond)


@router.endpoint(
    "POST",
    "/api/loans/{id}/reschedule/accept",
    "Accept a proposed reschedule",
    body=AcceptRescheduleRequest,
    response=RescheduleResponse,
    errors=(
        LoanNotFound,
        NotTheBorrower,
        ProposalNotFound,
        ProposalNotOpen,
        ProposalLapsed,
        ProposalTooExpensive,
        NothingToReschedule,
        TermsNotAmortisable,
        IdempotencyKeyReused,
    ),
    idempotent=True,
)
def accept_reschedule(
    context: RequestContext[AcceptRescheduleRequest, NoQuery],
) -> IdempotentResult[RescheduleResponse]:
    """Only the borrower may call this. The loan shows its open proposal in `reschedule_proposal`.

    The new terms are recalculated from today on. If the total interest would be more than proposed, nothing changes.
    """
    container, today = get_container(), get_container().today()
    if context.body.dry_run:
        plan, _ = container.rescheduling.plan_acceptance(context.actor, context.id(), context.body.proposal_id)
        return IdempotentResult(RescheduleResponse.of(plan, today, applied=False))
    accepted = container.operator_rescheduling.accept(
        context.actor,
        context.id(),
        context.body.proposal_id,
        context.request.request_id,
        context.idempotency_key,
    )
    return accepted.map(lambda plan: RescheduleResponse.of(plan, today, applied=True))
