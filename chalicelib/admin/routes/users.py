"""Find, freeze and unfreeze users."""

from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.domain.errors import AlreadyFrozen, NotFrozen, OperatorNotFreezable
from chalicelib.admin.schemas import FreezeRequest, UnfreezeRequest, UserList, UsersQuery
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.users.domain.user import UserNotFound
from chalicelib.users.schemas import UserResponse

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/admin/users",
    "List users",
    query=UsersQuery,
    response=UserList,
    paginated=Key,
    access=AccessLevel.OPERATOR,
)
def find_users(context: RequestContext[NoBody, UsersQuery]) -> CursorPage:
    """List users whose username or email starts with `q`, or all users, newest first.

    A page may have fewer items than `limit`.
    """
    query = context.query
    page = get_container().users.search(context.actor, query.q, limit=query.limit, after=context.position)
    return CursorPage([UserResponse.of(user) for user in page.items], page.last_key)


@router.endpoint(
    "POST",
    "/api/admin/users/{id}/freeze",
    "Freeze an account",
    body=FreezeRequest,
    response=UserResponse,
    errors=(UserNotFound, AlreadyFrozen, OperatorNotFreezable, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def freeze_user(context: RequestContext[FreezeRequest, NoQuery]) -> IdempotentResult[UserResponse]:
    """Block all outgoing payments of an account, including instalments. It can still receive money.

    Operator accounts cannot be frozen.
    """
    audit = AuditContext(context.body.reason, context.request.request_id)
    user = get_container().account_freezes.freeze(context.actor, context.id(), audit, context.idempotency_key)
    return user.map(UserResponse.of)


@router.endpoint(
    "POST",
    "/api/admin/users/{id}/unfreeze",
    "Unfreeze an account",
    body=UnfreezeRequest,
    response=UserResponse,
    errors=(UserNotFound, NotFrozen, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def unfreeze_user(context: RequestContext[UnfreezeRequest, NoQuery]) -> IdempotentResult[UserResponse]:
    """Allow outgoing payments again."""
    audit = AuditContext(context.body.reason, context.request.request_id)
    user = get_container().account_freezes.unfreeze(context.actor, context.id(), audit, context.idempotency_key)
    return user.map(UserResponse.of)
