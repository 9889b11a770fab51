"""Webhook endpoints of the caller, and the deliveries to them."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.events.domain.delivery import DeliveryNotFound
from chalicelib.events.domain.webhook import EndpointDisabled, EndpointNotFound, TooManyEndpoints
from chalicelib.events.schemas_webhooks import (
    DeliveryList,
    DeliveryQuery,
    DeliveryResponse,
    EndpointList,
    EndpointRequest,
    EndpointResponse,
    EndpointUpdateRequest,
    EndpointWithSecretResponse,
)

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/webhook-endpoints",
    "List webhook endpoints",
    query=ListQuery,
    response=EndpointList,
    paginated=Key,
)
def list_webhook_endpoints(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List the caller's webhook endpoints, newest first."""
    page = get_container().webhook_endpoints.page(context.actor, limit=context.query.limit, after=context.position)
    return CursorPage([EndpointResponse.of(endpoint) for endpoint in page.items], page.last_key)


@router.endpoint(
    "POST",
    "/api/webhook-endpoints",
    "Create a webhook endpoint",
    body=EndpointRequest,
    response=EndpointWithSecretResponse,
    status=HTTPStatus.CREATED,
    errors=(TooManyEndpoints, IdempotencyKeyReused),
    idempotent=True,
)
def create_webhook_endpoint(
    context: RequestContext[EndpointRequest, NoQuery],
) -> IdempotentResult[EndpointWithSecretResponse]:
    """Create an endpoint; up to 10 per user. It receives the caller's events of these types that happen from now on.

    Store the `secret`, which verifies signatures: it is shown only once. The URL must use HTTPS and have a public host.
    """
    body = context.body
    created = get_container().webhook_endpoints.create(
        context.actor, body.url, tuple(body.event_types), body.description, context.idempotency_key
    )
    return created.map(EndpointWithSecretResponse.of)


@router.endpoint(
    "GET",
    "/api/webhook-endpoints/{id}",
    "Get a webhook endpoint",
    response=EndpointResponse,
    errors=(EndpointNotFound,),
)
def get_webhook_endpoint(context: RequestContext[NoBody, NoQuery]) -> EndpointResponse:
    """Only the owner may call this."""
    return EndpointResponse.of(get_container().webhook_endpoints.get(context.actor, context.id()))


@router.endpoint(
    "PATCH",
    "/api/webhook-endpoints/{id}",
    "Update a webhook endpoint",
    body=EndpointUpdateRequest,
    response=EndpointResponse,
    errors=(EndpointNotFound,),
)
def change_webhook_endpoint(context: RequestContext[EndpointUpdateRequest, NoQuery]) -> EndpointResponse:
    """Only the owner may call this. Disabling an endpoint fails its pending deliveries."""
    change = context.body.change()
    return EndpointResponse.of(get_container().webhook_endpoints.change(context.actor, context.id(), change))


@router.endpoint(
    "DELETE",
    "/api/webhook-endpoints/{id}",
    "Delete a webhook endpoint",
    status=HTTPStatus.NO_CONTENT,
    errors=(EndpointNotFound, IdempotencyKeyReused),
    idempotent=True,
)
def delete_webhook_endpoint(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[None]:
    """Only the owner may call this. Pending deliveries are not sent."""
    return get_container().webhook_endpoints.delete(context.actor, context.id(), context.idempotency_key)


@router.endpoint(
    "POST",
    "/api/webhook-endpoints/{id}/rotate-secret",
    "Rotate the secret of a webhook endpoint",
    response=EndpointWithSecretResponse,
    errors=(EndpointNotFound, IdempotencyKeyReused),
    idempotent=True,
)
def rotate_webhook_secret(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[EndpointWithSecretResponse]:
    """Replace the secret. For 24 hours requests have two signatures, one by the new and one by the previous secret."""
    rotated = get_container().webhook_endpoints.rotate_secret(context.actor, context.id(), context.idempotency_key)
    return rotated.map(EndpointWithSecretResponse.of)


@router.endpoint(
    "POST",
    "/api/webhook-endpoints/{id}/test",
    "Send a test event",
    response=DeliveryResponse,
    status=HTTPStatus.ACCEPTED,
    errors=(EndpointNotFound, EndpointDisabled, IdempotencyKeyReused),
    idempotent=True,
)
def test_webhook_endpoint(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[DeliveryResponse]:
    """Send an event of the type `webhook_endpoint.test` to this endpoint alone, whatever its `event_types`."""
    sent = get_container().webhook_endpoints.send_test(context.actor, context.id(), context.idempotency_key)
    return sent.map(DeliveryResponse.of)


@router.endpoint(
    "GET",
    "/api/webhook-endpoints/{id}/deliveries",
    "List deliveries to a webhook endpoint",
    query=DeliveryQuery,
    response=DeliveryList,
    errors=(EndpointNotFound,),
    paginated=Key,
)
def list_deliveries(context: RequestContext[NoBody, DeliveryQuery]) -> CursorPage:
    """List deliveries with their attempts, newest event first. A page can be short without being the last one."""
    query = context.query
    page = get_container().webhook_endpoints.deliveries(
        context.actor, context.id(), query.status, limit=query.limit, after=context.position
    )
    return CursorPage([DeliveryResponse.of(delivery) for delivery in page.items], page.last_key)


@router.endpoint(
    "POST",
    "/api/webhook-endpoints/{id}/deliveries/{delivery_id}/resend",
    "Send an event again",
    response=DeliveryResponse,
    status=HTTPStatus.ACCEPTED,
    errors=(EndpointNotFound, DeliveryNotFound, EndpointDisabled, IdempotencyKeyReused),
    idempotent=True,
)
def resend_delivery(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[DeliveryResponse]:
    """Send an event again with the same `webhook-id`. The schedule of attempts starts again."""
    sent = get_container().webhook_endpoints.send_again(
        context.actor, context.id(), context.id("delivery_id"), context.idempotency_key
    )
    return sent.map(DeliveryResponse.of)
