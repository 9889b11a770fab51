"""Payouts of withdrawals and their payment files."""

from http import HTTPStatus
from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.schemas_payouts import PayoutList, PayoutResponse
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router, TextResponse
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.transfers.domain.payout import NothingToPayOut, PayoutNotFound
from chalicelib.transfers.domain.transfer import PaymentsNotConfigured

XML: Final = "application/xml"
router: Final = Router(__name__, get_container)


@router.endpoint(
    "POST",
    "/api/admin/bank/payouts",
    "Create a payout",
    response=PayoutResponse,
    status=HTTPStatus.CREATED,
    errors=(NothingToPayOut, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def create_payout(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[PayoutResponse]:
    """Submit the oldest requested withdrawals, up to 40, to the bank.

    Withdrawals of frozen and restricted accounts, and the operator's own, are skipped and listed. If `has_more` is
    true, more withdrawals wait for the next payout. Send the payment file to the bank afterwards.
    """
    container, audit = get_container(), AuditContext(request_id=context.request.request_id)
    payout = container.payout_admin.create(context.actor, audit, context.idempotency_key)
    return payout.map(lambda created: PayoutResponse.of(created, container.settings.currency))


@router.endpoint(
    "GET",
    "/api/admin/bank/payouts",
    "List payouts",
    query=ListQuery,
    response=PayoutList,
    paginated=str,
    access=AccessLevel.OPERATOR,
)
def list_payouts(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List payouts, newest first."""
    container = get_container()
    payouts, position = container.payouts.page(context.actor, limit=context.query.limit, before=context.position)
    return CursorPage([PayoutResponse.of(payout, container.settings.currency) for payout in payouts], position)


@router.endpoint(
    "GET",
    "/api/admin/bank/payouts/{id}",
    "Get a payout or its payment file",
    response=PayoutResponse,
    errors=(PayoutNotFound, PaymentsNotConfigured),
    access=AccessLevel.OPERATOR,
    other_media_types=(XML,),
)
def show_payout(context: RequestContext[NoBody, NoQuery]) -> PayoutResponse | TextResponse:
    """Return a payout; with `Accept: application/xml` its payment file for the bank (pain.001.001.09).

    The file contains account numbers. The bank recognises a file that it receives twice by its message id.
    """
    container = get_container()
    if context.accepts(XML):
        file = container.payouts.payment_file(context.actor, context.id())
        disposition = f'attachment; filename="payout-{context.id()}.xml"'
        return TextResponse(
            file.decode(), {"Content-Type": f"{XML}; charset=utf-8", "Content-Disposition": disposition}
        )
    return PayoutResponse.of(container.payouts.find(context.actor, context.id()), container.settings.currency)
