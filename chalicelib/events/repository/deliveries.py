"""Deliveries by endpoint, with an index of those that are pending and one of those that failed."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from chalicelib.dynamodb.database import Database, Key, Page, every_page
from chalicelib.dynamodb.model import Item, version_unchanged
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.delivery import Attempt, Delivery
from chalicelib.events.domain.due_work import delivery_shard, next_attempt
from chalicelib.events.domain.event import RETENTION, Event
from chalicelib.events.domain.webhook import DeliveryStatus
from chalicelib.events.models import DeliveryItem
from chalicelib.shared.clock import Clock, rfc3339
from chalicelib.shared.ids import moment_of

_ENDPOINT: Final = "ENDPOINT#"
_DELIVERY: Final = "DELIVERY#"
_FAILED: Final = "DELIVERY#FAILED"
_KINDS: Final[dict[str, type[Item]]] = {"DELIVERY": DeliveryItem}
_AFTER_TIMES: Final = "~"
"""Sorts after every time, so it ends the pending deliveries of one endpoint."""
_MAX_PAGES: Final = 5
"""Pages that are read for one page of a filtered list."""


class DeliveryRepository:
    """Deliveries. They expire a year after their last change, in real time."""

    def __init__(self, database: Database, real_time: Clock) -> None:
        self._database = database
        self._real_time = real_time

    def find(self, endpoint_id: str, event_id: str) -> Delivery | None:
        """Read a delivery consistently."""
        item = self._database.get(DeliveryItem, _ENDPOINT + endpoint_id, _DELIVERY + event_id, consistent=True)
        return None if item is None else _delivery_of(item)

    def page(self, endpoint_id: str, status: DeliveryStatus | None, *, limit: int, after: Key | None) -> Page[Delivery]:
        """Read deliveries of an endpoint, newest event first; a filtered page can be short without being the last."""
        found: list[Delivery] = []
        for _ in range(_MAX_PAGES):
            page = self._database.query(
                DeliveryItem,
                _ENDPOINT + endpoint_id,
                DeliveryItem.sk.startswith(_DELIVERY),
                only=DeliveryItem.status == status.value if status else None,
                limit=limit - len(found),
                after=after,
                newest_first=True,
            )
            found += map(_delivery_of, page.items)
            after = page.last_key
            if after is None or len(found) >= limit:
                break
        return Page(tuple(found), after)

    def page_of_failed(self, *, limit: int, after: Key | None) -> Page[Delivery]:
        """Read deliveries of all endpoints that failed, newest event first."""
        page = self._database.query(
            DeliveryItem, _FAILED, index=DeliveryItem.by_list, limit=limit, after=after, newest_first=True
        )
        found = {(each.endpoint_id, each.event.id): each for each in self._read([(i.pk, i.sk) for i in page.items])}
        keys = [(item.pk.removeprefix(_ENDPOINT), item.sk.removeprefix(_DELIVERY)) for item in page.items]
        failed = [found[key] for key in keys if key in found]
        return Page(tuple(each for each in failed if each.status is DeliveryStatus.FAILED), page.last_key)

    def due(self, endpoint_id: str, now: datetime, *, limit: int) -> list[Delivery]:
        """Read deliveries of an endpoint whose attempt is due, by an index that lags, and then consistently."""
        return [each for each in self._pending(endpoint_id, rfc3339(now), limit=limit) if each.is_due(now)]

    def pending(self, endpoint_id: str, *, limit: int) -> list[Delivery]:
        """Read pending deliveries of an endpoint, by an index that lags, and then consistently."""
        return self._pending(endpoint_id, _AFTER_TIMES, limit=limit)

    def save(self, before: Delivery, after: Delivery) -> None:
        """Store a delivery.

        Raises:
            OptimisticLockError: it changed since ``before`` was read.
        """
        self._database.put(self._item(before, after), when=version_unchanged(DeliveryItem, before.version))

    def add_save(self, writes: WriteTransaction, before: Delivery, after: Delivery) -> None:
        """Add a changed delivery. Committing raises OptimisticLockError if it changed since ``before`` was read."""
        writes.put(self._item(before, after), when=version_unchanged(DeliveryItem, before.version))

    def _pending(self, endpoint_id: str, until: str, *, limit: int) -> list[Delivery]:
        """Read up to ``limit`` deliveries that the index shows as pending, and that are."""
        bounds = f"{endpoint_id}#", f"{endpoint_id}#{until}"
        pages = every_page(
            lambda after: self._database.query(
                DeliveryItem,
                delivery_shard(endpoint_id),
                DeliveryItem.next_attempt.between(*bounds),
                index=DeliveryItem.by_next_attempt,
                limit=limit,
                after=after,
            )
        )
        for page in pages:  # a page of items that the index doesn't know to be done is not the end
            order = {item.sk.removeprefix(_DELIVERY): number for number, item in enumerate(page.items)}
            found = [each for each in self._read([(item.pk, item.sk) for item in page.items]) if each.is_pending]
            if found:
                return sorted(found, key=lambda each: order[each.event.id])
        return []

    def _read(self, keys: Sequence[tuple[str, str]]) -> list[Delivery]:
        if not keys:
            return []
        items: Any = self._database.get_mixed(_KINDS, keys, consistent=True)
        return [_delivery_of(item) for item in items]

    def _item(self, before: Delivery, after: Delivery) -> DeliveryItem:
        is_failed = after.status is DeliveryStatus.FAILED
        at = after.next_attempt_at
        return DeliveryItem(
            _ENDPOINT + after.endpoint_id,
            _DELIVERY + after.event.id,
            user_id=after.user_id,
            type=after.event.type,
            data=after.event.data_text(),
            status=after.status.value,
            attempts=json.dumps([_stored_attempt(each) for each in after.attempts], separators=(",", ":")),
            attempt=after.attempt,
            created_at=after.created_at,
            pending_shard=delivery_shard(after.endpoint_id) if at else None,
            next_attempt=next_attempt(after.endpoint_id, at) if at else None,
            list_key=_FAILED if is_failed else None,
            listed=after.event.id if is_failed else None,
            expires_at=int((self._real_time() + RETENTION).timestamp()),
            version=before.version + 1,
        )


def _stored_attempt(attempt: Attempt) -> list[Any]:
    return [
        rfc3339(attempt.at),
        attempt.status_code,
        attempt.error,
        attempt.duration_ms,
        attempt.response_excerpt,
    ]


def _delivery_of(item: DeliveryItem) -> Delivery:
    event_id = item.sk.removeprefix(_DELIVERY)
    attempts = (Attempt(datetime.fromisoformat(at), *rest) for at, *rest in json.loads(item.attempts))
    due = item.next_attempt.partition("#")[2] if item.next_attempt else None
    return Delivery(
        endpoint_id=item.pk.removeprefix(_ENDPOINT),
        user_id=item.user_id,
        event=Event(event_id, item.type, moment_of(event_id), json.loads(item.data)),
        status=DeliveryStatus(item.status),
        created_at=item.created_at,
        next_attempt_at=datetime.fromisoformat(due) if due else None,
        attempt=item.attempt,
        attempts=tuple(attempts),
        version=item.version,
    )
