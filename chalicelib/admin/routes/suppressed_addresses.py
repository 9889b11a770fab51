"""Addresses that get no email, because one bounced or its owner complained."""

from http import HTTPStatus
from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.schemas_suppressions import SuppressedAddressList, SuppressedAddressResponse
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.notifications.domain.suppression import SuppressedAddressNotFound

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/admin/suppressed-addresses",
    "List suppressed addresses",
    query=ListQuery,
    response=SuppressedAddressList,
    paginated=str,
    access=AccessLevel.OPERATOR,
)
def list_suppressed_addresses(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List addresses that get no email, newest first: an email bounced, or its recipient reported it as spam."""
    page = get_container().suppressed_addresses.page(context.actor, limit=context.query.limit, before=context.position)
    return CursorPage([SuppressedAddressResponse.of(each) for each in page.addresses], page.position)


@router.endpoint(
    "DELETE",
    "/api/admin/suppressed-addresses/{id}",
    "Remove a suppressed address",
    status=HTTPStatus.NO_CONTENT,
    errors=(SuppressedAddressNotFound, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def allow_address(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[None]:
    """Remove an address from the list. Emails that it missed are not sent; the next bounce adds it again."""
    audit = AuditContext(request_id=context.request.request_id)
    return get_container().suppressed_addresses.allow(context.actor, context.id(), audit, context.idempotency_key)
