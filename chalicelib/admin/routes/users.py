"""Find, freeze, disable and sign out users."""

from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.domain.errors import AlreadyFrozen, NotAnOperator, NotFrozen, OperatorNotFreezable, OwnAccount
from chalicelib.admin.schemas import (
    AccessRequest,
    AccountResponse,
    FreezeRequest,
    SignOutRequest,
    UnfreezeRequest,
    UserList,
    UsersQuery,
)
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.users.domain.user import UserNotFound

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
    """Find the user with the email `q`, or those whose username, first or last name starts with it.

    Without `q`, list all users, newest first. A page may have fewer items than `limit`.
    """
    query = context.query
    page = get_container().users.search(context.actor, query.q, limit=query.limit, after=context.position)
    return CursorPage([AccountResponse.of(user) for user in page.items], page.last_key)


@router.endpoint(
    "POST",
    "/api/admin/users/{id}/freeze",
    "Freeze an account",
    body=FreezeRequest,
    response=AccountResponse,
    errors=(UserNotFound, AlreadyFrozen, OperatorNotFreezable, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def freeze_user(context: RequestContext[FreezeRequest, NoQuery]) -> IdempotentResult[AccountResponse]:
    """Block all outgoing payments of an account, except repayments of its own loans. It can still receive money.

    Its owner cannot make requests, offers or acceptances. Its open offers are withdrawn, its auto-invest rules paused
    and its open requests hidden. Operator accounts cannot be frozen.
    """
    audit = AuditContext(context.body.reason, context.request.request_id)
    user = get_container().account_freezes.freeze(context.actor, context.id(), audit, context.idempotency_key)
    return user.map(AccountResponse.of)


@router.endpoint(
    "POST",
    "/api/admin/users/{id}/unfreeze",
    "Unfreeze an account",
    body=UnfreezeRequest,
    response=AccountResponse,
    errors=(UserNotFound, NotFrozen, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def unfreeze_user(context: RequestContext[UnfreezeRequest, NoQuery]) -> IdempotentResult[AccountResponse]:
    """Allow outgoing payments again and show the hidden requests. Rules stay paused until their owner restarts them."""
    audit = AuditContext(context.body.reason, context.request.request_id)
    user = get_container().account_freezes.unfreeze(context.actor, context.id(), audit, context.idempotency_key)
    return user.map(AccountResponse.of)


@router.endpoint(
    "PATCH",
    "/api/admin/users/{id}",
    "Disable or enable an operator",
    body=AccessRequest,
    response=AccountResponse,
    errors=(UserNotFound, OwnAccount, NotAnOperator, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def change_access(context: RequestContext[AccessRequest, NoQuery]) -> IdempotentResult[AccountResponse]:
    """A disabled operator is signed out and cannot sign in. Operators cannot disable themselves."""
    body, audit = context.body, AuditContext(context.body.reason, context.request.request_id)
    user = get_container().account_access.set_disabled(
        context.actor, context.id(), audit, context.idempotency_key, disabled=body.disabled
    )
    return user.map(AccountResponse.of)


@router.endpoint(
    "POST",
    "/api/admin/users/{id}/sign-out",
    "Sign out a user",
    body=SignOutRequest,
    response=AccountResponse,
    errors=(UserNotFound, OwnAccount, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def sign_out_user(context: RequestContext[SignOutRequest, NoQuery]) -> IdempotentResult[AccountResponse]:
    """End all sessions of another user. Their access tokens can still read until they expire, but change nothing."""
    audit = AuditContext(context.body.reason, context.request.request_id)
    user = get_container().account_access.sign_out(context.actor, context.id(), audit, context.idempotency_key)
    return user.map(AccountResponse.of)
