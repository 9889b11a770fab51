"""The cache: how it does, and clearing it."""

from __future__ import annotations

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
    "GET", "/api/admin/cache", "How the cache does", response=CacheStateResponse, access=AccessLevel.OPERATOR
)
def show_cache(context: RequestContext[NoBody, NoQuery]) -> CacheStateResponse:
    """Hits, misses and errors since the counting began."""
    return CacheStateResponse.of(get_container().cache_admin.state(context.actor))


@router.endpoint(
    "POST",
    "/api/admin/cache/invalidate",
    "Forget cached answers",
    body=CacheInvalidationRequest,
    response=CacheInvalidationResponse,
    errors=(LoanNotFound, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def invalidate_cache(
    context: RequestContext[CacheInvalidationRequest, NoQuery],
) -> IdempotentResult[CacheInvalidationResponse]:
    """All, the pages of open loans, or what is kept about one loan. The next readers get it from the database."""
    body, audit = context.body, AuditContext(context.body.reason, context.request.request_id)
    cleared = get_container().cache_admin.clear(context.actor, body.scope, body.loan_id, audit, context.idempotency_key)
    return cleared.map(CacheInvalidationResponse.of)
