"""Finding accounts, freezing and unfreezing them."""

from __future__ import annotations

from chalicelib.admin.domain.audit import Occasion
from chalicelib.admin.domain.refusals import AlreadyFrozen, NotFrozen, OperatorNotFreezable
from chalicelib.admin.routes.blueprint import admin
from chalicelib.admin.schemas import FreezeBody, UnfreezeBody, UserList, UsersQuery
from chalicelib.common.api import Access, Call, Reply, endpoint, identifier
from chalicelib.common.fields import NoBody, NoQuery
from chalicelib.common.idempotency import Done, IdempotencyKeyReused
from chalicelib.users.schemas import UserAnswer
from chalicelib.users.service import NoSuchUser, User
from chalicelib.wiring import platform


@endpoint(
    admin,
    "GET",
    "/api/admin/users",
    "Find users by the beginning of their name or e-mail",
    query=UsersQuery,
    answer=UserList,
    access=Access.OPERATOR,
)
def find_users(call: Call[NoBody, UsersQuery]) -> UserList:
    """All users, newest first, where nothing is looked for. Pages may be short."""
    query = call.query
    scope = f"admin-users:{call.actor.user_id}:{query.q}"
    cursors = platform().cursors
    after = cursors.open(scope, query.cursor) if query.cursor else None
    page = platform().users.search(call.actor, query.q, limit=query.limit, after=after)
    return UserList(
        items=[UserAnswer.of(user) for user in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )


@endpoint(
    admin,
    "POST",
    "/api/admin/users/{id}/freeze",
    "Let no more money leave an account",
    body=FreezeBody,
    answer=UserAnswer,
    refusals=(NoSuchUser, AlreadyFrozen, OperatorNotFreezable, IdempotencyKeyReused),
    access=Access.OPERATOR,
    idempotent=True,
)
def freeze_user(call: Call[FreezeBody, NoQuery]) -> Reply:
    """Repayments too; money can still come in. Operators' accounts cannot be frozen."""
    occasion = Occasion(call.body.reason, call.incoming.request_id)
    return _shown(platform().admin.freezes.freeze(call.actor, identifier(call, "id"), occasion, call.once))


@endpoint(
    admin,
    "POST",
    "/api/admin/users/{id}/unfreeze",
    "Let money leave an account again",
    body=UnfreezeBody,
    answer=UserAnswer,
    refusals=(NoSuchUser, NotFrozen, IdempotencyKeyReused),
    access=Access.OPERATOR,
    idempotent=True,
)
def unfreeze_user(call: Call[UnfreezeBody, NoQuery]) -> Reply:
    """The account is as it was before it was frozen."""
    occasion = Occasion(call.body.reason, call.incoming.request_id)
    return _shown(platform().admin.freezes.unfreeze(call.actor, identifier(call, "id"), occasion, call.once))


def _shown(done: Done[User]) -> Reply:
    return Reply(UserAnswer.of(done.value), replayed=done.replayed)
