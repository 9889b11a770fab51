"""Notifications of the payment provider."""

from typing import Final

from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoQuery
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.request import RawRequest
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.shared.webhook_signatures import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER
from chalicelib.transfers.providers.signatures import InvalidSignature
from chalicelib.transfers.schemas import NotificationResponse

router: Final = Router(__name__, get_container)


@router.endpoint(
    "POST",
    "/api/provider/notifications",
    "Receive a notification from the payment provider",
    body=RawRequest,
    response=NotificationResponse,
    errors=(InvalidSignature,),
    access=AccessLevel.ANYONE,
    rate_limit=RateLimitPolicy.NEVER,
)
def receive_notification(context: RequestContext[RawRequest, NoQuery]) -> NotificationResponse:
    """Record and apply a notification that is signed according to the Standard Webhooks specification.

    The body is `{type, timestamp, data: {transfer_id, amount?, failure_code?}}` with the type `transfer.settled`,
    `transfer.failed` or `transfer.returned`. The response is 200 once it is recorded, even if it is a duplicate or the
    state of the transfer does not allow it. Operators can list those that were refused.
    """
    names = (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)
    headers = {name: context.request.header(name) or "" for name in names}
    get_container().transfer_notifications.receive(headers, context.body.content)
    return NotificationResponse(status="received")
