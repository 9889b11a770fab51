"""Deliveries to webhook endpoints that failed."""

from typing import Final

from chalicelib.admin.schemas_webhooks import FailedDeliveryList, FailedDeliveryQuery, FailedDeliveryResponse
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/admin/webhook-deliveries",
    "List failed webhook deliveries",
    query=FailedDeliveryQuery,
    response=FailedDeliveryList,
    paginated=Key,
    access=AccessLevel.OPERATOR,
)
def list_failed_deliveries(context: RequestContext[NoBody, FailedDeliveryQuery]) -> CursorPage:
    """List failed deliveries of all users, newest event first. A page can be short without being the last one."""
    page = get_container().webhook_endpoints.page_of_failed(
        context.actor, limit=context.query.limit, after=context.position
    )
    return CursorPage([FailedDeliveryResponse.of(delivery) for delivery in page.items], page.last_key)
