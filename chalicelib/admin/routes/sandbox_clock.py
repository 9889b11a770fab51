"""Show and advance the business clock of a laptop."""

from http import HTTPStatus
from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.domain.sandbox_clock import ClockAdvancing
from chalicelib.admin.schemas_clock import AdvanceClockRequest, ClockQuery, ClockResponse
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.shared.errors import NotFound

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/sandbox/clock",
    "Get the business time",
    query=ClockQuery,
    response=ClockResponse,
    errors=(NotFound,),
    access=AccessLevel.OPERATOR,
    rate_limit=RateLimitPolicy.NEVER,
)
def show_clock(context: RequestContext[NoBody, ClockQuery]) -> ClockResponse:
    """Return the business time, and whether it is advancing. Only the stage `local` has a clock of its own.

    This request has no limit: clients repeat it until the clock is ready.
    """
    return ClockResponse.of(get_container().sandbox_clock_admin.state(context.actor, first=context.query.from_))


@router.endpoint(
    "POST",
    "/api/sandbox/clock/advance",
    "Advance the business time",
    body=AdvanceClockRequest,
    response=ClockResponse,
    status=HTTPStatus.ACCEPTED,
    errors=(NotFound, ClockAdvancing, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def advance_clock(context: RequestContext[AdvanceClockRequest, NoQuery]) -> IdempotentResult[ClockResponse]:
    """Run the scheduled jobs of every day up to a date. Until then, other requests that change something get 503."""
    body, audit = context.body, AuditContext(request_id=context.request.request_id)
    advanced = get_container().sandbox_clock_admin.advance(
        context.actor, audit, days=body.days, to=body.to, idempotency_key=context.idempotency_key
    )
    return advanced.map(ClockResponse.of)
