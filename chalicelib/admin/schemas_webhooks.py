"""Responses of the operators' list of failed deliveries."""

from typing import Literal, Self

from chalicelib.api.fields import Identifier, ListQuery, ResponseModel, Timestamp
from chalicelib.events.domain.delivery import Delivery
from chalicelib.events.domain.webhook import DeliveryStatus
from chalicelib.events.schemas_webhooks import AttemptResponse


class FailedDeliveryQuery(ListQuery):
    """Only failed deliveries are listed."""

    status: Literal["FAILED"] = "FAILED"


class FailedDeliveryResponse(ResponseModel):
    """A delivery that failed, with its last 20 attempts. Only its owner can send it again."""

    id: Identifier
    endpoint_id: Identifier
    user_id: Identifier
    event_type: str
    status: DeliveryStatus
    created_at: Timestamp
    attempts: list[AttemptResponse]

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            id=delivery.event.id,
            endpoint_id=delivery.endpoint_id,
            user_id=delivery.user_id,
            event_type=delivery.event.type,
            status=delivery.status,
            created_at=delivery.created_at,
            attempts=[AttemptResponse.of(attempt) for attempt in delivery.attempts],
        )


class FailedDeliveryList(ResponseModel):
    """A page of failed deliveries, newest event first."""

    items: list[FailedDeliveryResponse]
    next_cursor: str | None
