"""The cache: how it does, and clearing it."""

from __future__ import annotations

from chalicelib.admin.domain.audit import Occasion
from chalicelib.admin.routes.blueprint import admin
from chalicelib.admin.schemas_cache import CacheAnswer, InvalidateBody, InvalidatedAnswer
from chalicelib.common.api import Access, Call, Reply, endpoint
from chalicelib.common.fields import NoBody, NoQuery
from chalicelib.common.idempotency import IdempotencyKeyReused
from chalicelib.loans.domain.refusals import LoanNotFound
from chalicelib.wiring import platform


@endpoint(admin, "GET", "/api/admin/cache", "How the cache does", answer=CacheAnswer, access=Access.OPERATOR)
def show_cache(call: Call[NoBody, NoQuery]) -> CacheAnswer:
    """Hits, misses and errors since the counting began."""
    return CacheAnswer.of(platform().admin.cache.state(call.actor))


@endpoint(
    admin,
    "POST",
    "/api/admin/cache/invalidate",
    "Forget cached answers",
    body=InvalidateBody,
    answer=InvalidatedAnswer,
    refusals=(LoanNotFound, IdempotencyKeyReused),
    access=Access.OPERATOR,
    idempotent=True,
)
def invalidate_cache(call: Call[InvalidateBody, NoQuery]) -> Reply:
    """All, the pages of open loans, or what is kept about one loan. The next readers get it from the database."""
    desk, body = platform().admin.cache, call.body
    occasion = Occasion(body.reason, call.incoming.request_id)
    if body.loan_id is not None:
        done = desk.clear_loan(call.actor, body.loan_id, occasion, call.once)
    elif body.scope == "all":
        done = desk.clear_all(call.actor, occasion, call.once)
    else:
        done = desk.clear_available(call.actor, occasion, call.once)
    return Reply(InvalidatedAnswer.of(done.value), replayed=done.replayed)
