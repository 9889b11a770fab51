"""The cache: how it does, and clearing it."""

from __future__ import annotations

from typing import Final

from chalice.app import Blueprint

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.schemas_cache import CacheInvalidationRequest, CacheInvalidationResponse, CacheStateResponse
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.routing import AccessLevel, Reply, RequestContext, endpoint
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused
from chalicelib.loans.domain.errors import LoanNotFound

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint, "GET", "/api/admin/cache", "How the cache does", answer=CacheStateResponse, access=AccessLevel.OPERATOR
)
def show_cache(call: RequestContext[NoBody, NoQuery]) -> CacheStateResponse:
    """Hits, misses and errors since the counting began."""
    return CacheStateResponse.of(get_container().cache_admin.state(call.actor))


@endpoint(
    blueprint,
    "POST",
    "/api/admin/cache/invalidate",
    "Forget cached answers",
    body=CacheInvalidationRequest,
    answer=CacheInvalidationResponse,
    refusals=(LoanNotFound, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def invalidate_cache(call: RequestContext[CacheInvalidationRequest, NoQuery]) -> Reply:
    """All, the pages of open loans, or what is kept about one loan. The next readers get it from the database."""
    body, context = call.body, AuditContext(call.body.reason, call.incoming.request_id)
    done = get_container().cache_admin.clear(call.actor, body.scope, body.loan_id, context, call.idempotency_key)
    return Reply(CacheInvalidationResponse.of(done.value), replayed=done.replayed)
