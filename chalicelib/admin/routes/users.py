"""Finding accounts, freezing and unfreezing them."""

from __future__ import annotations

from typing import Final

from chalice.app import Blueprint

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.domain.errors import AlreadyFrozen, NotFrozen, OperatorNotFreezable
from chalicelib.admin.schemas import FreezeRequest, UnfreezeRequest, UserList, UsersQuery
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.routing import AccessLevel, Reply, RequestContext, endpoint, identifier
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.users.domain.user import User, UserNotFound
from chalicelib.users.schemas import UserResponse

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "GET",
    "/api/admin/users",
    "Find users by the beginning of their name or e-mail",
    query=UsersQuery,
    answer=UserList,
    access=AccessLevel.OPERATOR,
)
def find_users(call: RequestContext[NoBody, UsersQuery]) -> UserList:
    """All users, newest first, where nothing is looked for. Pages may be short."""
    query = call.query
    scope = f"admin-users:{call.actor.user_id}:{query.q}"
    cursors = get_container().cursors
    after = cursors.open(scope, query.cursor) if query.cursor else None
    page = get_container().users.search(call.actor, query.q, limit=query.limit, after=after)
    return UserList(
        items=[UserResponse.of(user) for user in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )


@endpoint(
    blueprint,
    "POST",
    "/api/admin/users/{id}/freeze",
    "Let no more money leave an account",
    body=FreezeRequest,
    answer=UserResponse,
    refusals=(UserNotFound, AlreadyFrozen, OperatorNotFreezable, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def freeze_user(call: RequestContext[FreezeRequest, NoQuery]) -> Reply:
    """Repayments too; money can still come in. Operators' accounts cannot be frozen."""
    context = AuditContext(call.body.reason, call.incoming.request_id)
    return _response(
        get_container().account_freezes.freeze(call.actor, identifier(call, "id"), context, call.idempotency_key)
    )


@endpoint(
    blueprint,
    "POST",
    "/api/admin/users/{id}/unfreeze",
    "Let money leave an account again",
    body=UnfreezeRequest,
    answer=UserResponse,
    refusals=(UserNotFound, NotFrozen, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def unfreeze_user(call: RequestContext[UnfreezeRequest, NoQuery]) -> Reply:
    """The account is as it was before it was frozen."""
    context = AuditContext(call.body.reason, call.incoming.request_id)
    return _response(
        get_container().account_freezes.unfreeze(call.actor, identifier(call, "id"), context, call.idempotency_key)
    )


def _response(done: IdempotentResult[User]) -> Reply:
    return Reply(UserResponse.of(done.value), replayed=done.replayed)
