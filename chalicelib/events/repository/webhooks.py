"""Webhook endpoints by user, and deliveries by endpoint."""

import json
from datetime import datetime
from typing import Final

from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.model import item_absent
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.due_work import delivery_shard, next_attempt
from chalicelib.events.domain.event import RETENTION, Event
from chalicelib.events.domain.webhook import DeliveryStatus, DisabledReason, Endpoint
from chalicelib.events.models import DeliveryItem, EndpointItem
from chalicelib.shared.clock import Clock

_USER: Final = "USER#"
_ENDPOINT: Final = "ENDPOINT#"
_DELIVERY: Final = "DELIVERY#"


class WebhookRepository:
    """Webhook endpoints and deliveries. Times of attempts and expiry are real time."""

    def __init__(self, database: Database, real_time: Clock) -> None:
        self._database = database
        self._real_time = real_time

    def endpoints_of(self, user_id: str) -> list[Endpoint]:
        """Read a user's endpoints consistently, oldest first."""
        where = EndpointItem.sk.startswith(_ENDPOINT)
        items = self._database.query_all(EndpointItem, _USER + user_id, where, consistent=True)
        return [endpoint_of(item) for item in items]

    def add_delivery(self, writes: WriteTransaction, endpoint: Endpoint, event: Event) -> datetime:
        """Add a pending delivery, due now, and return that time. Committing raises OptimisticLockError if it exists."""
        now = self._real_time()
        item = DeliveryItem(
            _ENDPOINT + endpoint.id,
            _DELIVERY + event.id,
            user_id=endpoint.user_id,
            type=event.type,
            data=event.data_text(),
            status=DeliveryStatus.PENDING.value,
            attempts="[]",
            attempt=0,
            created_at=now,
            pending_shard=delivery_shard(endpoint.id),
            next_attempt=next_attempt(endpoint.id, now),
            expires_at=int((now + RETENTION).timestamp()),
            version=1,
        )
        writes.put(item, when=item_absent(DeliveryItem))
        return now


def endpoint_of(item: EndpointItem) -> Endpoint:
    return Endpoint(
        id=item.sk.removeprefix(_ENDPOINT),
        user_id=item.pk.removeprefix(_USER),
        url=item.url,
        event_types=tuple(json.loads(item.event_types)),
        created_at=item.created_at,
        secret=item.secret,
        description=item.description or "",
        enabled=item.enabled,
        disabled_reason=DisabledReason(item.disabled_reason) if item.disabled_reason else None,
        previous_secret=item.previous_secret,
        previous_secret_expires_at=item.previous_secret_expires_at,
        failing_since=item.failing_since,
        version=item.version,
    )
