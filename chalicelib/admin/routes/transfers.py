"""Transfers of all users, withdrawals that the bank rejected, and notifications that were refused."""

from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.domain.errors import OwnWithdrawal
from chalicelib.admin.schemas_transfers import (
    OwnedTransferList,
    OwnedTransferResponse,
    RefusedNotificationList,
    RefusedNotificationResponse,
    RejectWithdrawalRequest,
)
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.transfers.domain.transfer import TransferNotFound, TransferState
from chalicelib.transfers.schemas import TransferQuery

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/admin/transfers",
    "List all transfers",
    query=TransferQuery,
    response=OwnedTransferList,
    paginated=str,
    access=AccessLevel.OPERATOR,
)
def list_all_transfers(context: RequestContext[NoBody, TransferQuery]) -> CursorPage:
    """List transfers of all users, newest first, except those that the provider `instant` settled."""
    query, currency = context.query, get_container().settings.currency
    page = get_container().transfer_admin.page(
        context.actor, limit=query.limit, before=context.position, direction=query.direction, status=query.status
    )
    return CursorPage([OwnedTransferResponse.of_user(each, currency) for each in page.transfers], page.position)


@router.endpoint(
    "GET",
    "/api/admin/transfers/notifications",
    "List refused notifications",
    query=ListQuery,
    response=RefusedNotificationList,
    paginated=str,
    access=AccessLevel.OPERATOR,
)
def list_refused_notifications(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List notifications from the payment provider that contradict their transfers and were not applied."""
    page = get_container().transfer_notifications.page_of_refused(
        context.actor, limit=context.query.limit, before=context.position
    )
    return CursorPage([RefusedNotificationResponse.of(each) for each in page.notifications], page.position)


@router.endpoint(
    "POST",
    "/api/admin/transfers/{id}/reject",
    "Reject a withdrawal",
    body=RejectWithdrawalRequest,
    response=OwnedTransferResponse,
    errors=(TransferNotFound, TransferState, OwnWithdrawal, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def reject_withdrawal(
    context: RequestContext[RejectWithdrawalRequest, NoQuery],
) -> IdempotentResult[OwnedTransferResponse]:
    """Reject a requested or submitted withdrawal that the bank does not pay. Its amount becomes available again.

    Only reject a submitted withdrawal that the bank has rejected: it cannot be settled afterwards.
    """
    container, audit = get_container(), AuditContext(context.body.reason, context.request.request_id)
    rejected = container.transfer_admin.reject(context.actor, context.id(), audit, context.idempotency_key)
    return rejected.map(lambda owned: OwnedTransferResponse.of_user(owned, container.settings.currency))
