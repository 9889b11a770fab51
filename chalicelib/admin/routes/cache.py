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
    "GET", "/api/admin/cache", "Get cache statistics", response=CacheStateResponse, access=AccessLevel.OPERATOR
)
def show_cache(context: RequestContext[NoBody, NoQuery]) -> CacheStateResponse:
    """Return the hits, misses and errors since counting started."""
    return CacheStateResponse.of(get_container().cache_admin.state(context.actor))


@router.endpoint(
    "POST",
    "/api/admin/cache/invalidate",
    "Invalidate the cache",
    body=CacheInvalidationRequest,
    response=CacheInvalidationResponse,
    errors=(LoanNotFound, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def invalidate_cache(
    context: RequestContext[CacheInvalidationRequest, NoQuery],
) -> IdempotentResult[CacheInvalidationResponse]:
    """Remove all cached responses, the lists of open loans, or the responses for one loan."""
    body, audit = context.body, AuditContext(context.body.reason, context.request.request_id)
    cleared = get_container().cache_admin.clear(context.actor, body.scope, body.loan_id, audit, context.idempotency_key)
    return cleared.map(CacheInvalidationResponse.of)
