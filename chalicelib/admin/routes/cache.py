"""Show and clear the cache."""

from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.schemas_cache import CacheInvalidationRequest, CacheInvalidationResponse, CacheStateResponse
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.loans.domain.errors import LoanNotFound

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET", "/api/admin/cache", "Show the state of the cache", response=CacheStateResponse, access=AccessLevel.OPERATOR
)
def show_cache(context: RequestContext[NoBody, NoQuery]) -> CacheStateResponse:
    """Hits, misses and errors since the counters were started."""
    return CacheStateResponse.of(get_container().cache_admin.state(context.actor))


@router.endpoint(
    "POST",
    "/api/admin/cache/invalidate",
    "Drop cached responses",
    body=CacheInvalidationRequest,
    response=CacheInvalidationResponse,
    errors=(LoanNotFound, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def invalidate_cache(
    context: RequestContext[CacheInvalidationRequest, NoQuery],
) -> IdempotentResult[CacheInvalidationResponse]:
    """Drop all responses, the lists of open loans, or those about one loan. The next request reads the database."""
    body, audit = context.body, AuditContext(context.body.reason, context.request.request_id)
    cleared = get_container().cache_admin.clear(context.actor, body.scope, body.loan_id, audit, context.idempotency_key)
    return cleared.map(CacheInvalidationResponse.of)
