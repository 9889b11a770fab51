"""Requests and responses of the routes of webhook endpoints and deliveries."""

from typing import Annotated, Any, Final, Self

from pydantic import Field, StrictBool

from chalicelib.api.fields import Identifier, ListQuery, RequestModel, ResponseModel, Text, Timestamp
from chalicelib.events.domain.addresses import LONGEST_URL
from chalicelib.events.domain.delivery import Attempt, Delivery
from chalicelib.events.domain.webhook import ALL_TYPES, DeliveryStatus, DisabledReason, Endpoint
from chalicelib.events.service.endpoints import EndpointChange, EndpointWithSecret

_LONGEST_DESCRIPTION: Final = 200
_LONGEST_TYPE: Final = 64
_MAX_TYPES: Final = 100

Url = Annotated[str, Field(min_length=1, max_length=LONGEST_URL, examples=["https://example.com/hooks/p2p"])]
EventTypes = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=_LONGEST_TYPE)]],
    Field(
        min_length=1,
        max_length=_MAX_TYPES,
        description=f"Names of event types, or `{ALL_TYPES}` alone for all of them.",
        examples=[["loan.funded", "payment.received"]],
    ),
]
Description = Annotated[Text, Field(max_length=_LONGEST_DESCRIPTION)]


class EndpointRequest(RequestModel):
    """The URL to which events of some types are sent."""

    url: Url
    event_types: EventTypes
    description: Description = ""


class EndpointUpdateRequest(RequestModel):
    """Changes to an endpoint. Enable an endpoint that was disabled by setting `enabled` to true."""

    url: Url | None = None
    event_types: EventTypes | None = None
    description: Description | None = None
    enabled: StrictBool | None = None

    def change(self) -> EndpointChange:
        types = None if self.event_types is None else tuple(self.event_types)
        return EndpointChange(self.url, types, self.description, self.enabled)


class DeliveryQuery(ListQuery):
    """Deliveries by status."""

    status: DeliveryStatus | None = None


class EndpointResponse(ResponseModel):
    """A webhook endpoint.

    `disabled_reason` is `owner`, `gone` (it responded with 410) or `failing` (it failed for three days). Until
    `previous_secret_expires_at`, requests also have a signature by the previous secret.
    """

    id: Identifier
    url: str
    event_types: list[str]
    description: str
    enabled: bool
    disabled_reason: DisabledReason | None
    created_at: Timestamp
    previous_secret_expires_at: Timestamp | None

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        return cls(**_fields(endpoint))


class EndpointWithSecretResponse(ResponseModel):
    """A webhook endpoint with its secret, which is shown only once."""

    id: Identifier
    url: str
    event_types: list[str]
    description: str
    enabled: bool
    disabled_reason: DisabledReason | None
    created_at: Timestamp
    previous_secret_expires_at: Timestamp | None
    secret: str

    @classmethod
    def of(cls, created: EndpointWithSecret) -> Self:
        return cls(**_fields(created.endpoint), secret=created.secret)


class EndpointList(ResponseModel):
    """A page of the caller's webhook endpoints, newest first."""

    items: list[EndpointResponse]
    next_cursor: str | None


class AttemptResponse(ResponseModel):
    """One attempt. `error` says why no response arrived, such as `timeout` or `address_refused`."""

    at: Timestamp
    status_code: int | None
    error: str | None
    duration_ms: int
    response_excerpt: str

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        return cls(
            at=attempt.at,
            status_code=attempt.status_code,
            error=attempt.error,
            duration_ms=attempt.duration_ms,
            response_excerpt=attempt.response_excerpt,
        )


class DeliveredEvent(ResponseModel):
    """The event, as the body of the request contains it."""

    id: Identifier
    type: str
    created_at: Timestamp
    data: dict[str, str | int | None]


class DeliveryResponse(ResponseModel):
    """The delivery of an event to an endpoint, with its last 20 attempts, oldest first."""

    id: Identifier
    event_id: Identifier
    event_type: str
    status: DeliveryStatus
    created_at: Timestamp
    next_attempt_at: Timestamp | None
    attempts: list[AttemptResponse]
    event: DeliveredEvent

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        event = delivery.event
        return cls(
            id=event.id,
            event_id=event.id,
            event_type=event.type,
            status=delivery.status,
            created_at=delivery.created_at,
            next_attempt_at=delivery.next_attempt_at,
            attempts=[AttemptResponse.of(attempt) for attempt in delivery.attempts],
            event=DeliveredEvent(id=event.id, type=event.type, created_at=event.created_at, data=dict(event.data)),
        )


class DeliveryList(ResponseModel):
    """A page of deliveries, newest event first."""

    items: list[DeliveryResponse]
    next_cursor: str | None


def _fields(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "description": endpoint.description,
        "enabled": endpoint.enabled,
        "disabled_reason": endpoint.disabled_reason,
        "created_at": endpoint.created_at,
        "previous_secret_expires_at": endpoint.previous_secret_expires_at,
    }
