"""Due work in the table `events`, found by an index that lags slightly behind."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from chalicelib.dynamodb.database import Database, every_page
from chalicelib.events.domain.due_work import DELIVERY_SHARDS
from chalicelib.events.models import DeliveryItem, PendingItem
from chalicelib.shared.clock import rfc3339

_LAST: Final = "~"
"""Follows every time in the index."""


class DueWorkRepository:
    """Deliveries, emails and events that wait for an attempt."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due_endpoints(self, before: datetime) -> Iterator[tuple[str, str]]:
        """Yield the owner and the id of each endpoint that has a delivery that was due before a moment.

        It skips from endpoint to endpoint, so the number of their deliveries does not matter.
        """
        for shard in DELIVERY_SHARDS:
            reached = ""
            while item := self._next(shard, reached):
                endpoint_id, _, due = item.next_attempt.rpartition("#")
                if due < rfc3339(before) and (owner := self._owner_of(item)):
                    yield owner, endpoint_id
                reached = f"{endpoint_id}#{_LAST}"

    def due_subjects(self, shard: str, before: datetime, *, limit: int) -> list[str]:
        """Return up to ``limit`` keys of emails, or ids of events, that were due before a moment."""
        found: list[str] = []
        pages = every_page(
            lambda after: self._database.query(PendingItem, shard, index=PendingItem.by_next_attempt, after=after)
        )
        for page in pages:
            parts = (item.next_attempt.rpartition("#") for item in page.items)
            found += [subject for subject, _, due in parts if due < rfc3339(before)]
            if len(found) >= limit:
                break
        return found[:limit]

    def _next(self, shard: str, reached: str) -> PendingItem | None:
        where = PendingItem.next_attempt > reached if reached else None
        page = self._database.query(PendingItem, shard, where, index=PendingItem.by_next_attempt, limit=1)
        return page.items[0] if page.items else None

    def _owner_of(self, item: PendingItem) -> str | None:
        """Return the owner of a delivery's endpoint; None if the delivery was deleted a moment ago."""
        delivery = self._database.get(DeliveryItem, item.pk, item.sk)
        return None if delivery is None else delivery.user_id
