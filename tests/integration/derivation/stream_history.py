"""The stream records of real operations, and the events that they mean."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import pytest

from chalicelib.container import Container
from chalicelib.events.domain.event import Event
from chalicelib.events.service.derivation.tables import DERIVATIONS
from chalicelib.jobs.schedule import STREAMS
from tests.engines import Storage
from tests.queues import RecordingQueue
from tests.streams import Background

Records = list[tuple[str, dict[str, Any]]]
_TABLES: Final = ("loans", "ledger", "wallets", "transfers", "audit")


class StreamHistory(Background):
    """Does the background work of a test, and keeps every stream record with its table."""

    def __init__(self, container: Container, storage: Storage, queue: RecordingQueue) -> None:
        super().__init__(container, storage, queue, STREAMS)
        self.records: Records = []
        for table in _TABLES:
            described = storage.client.describe_table(TableName=storage.prefix + table)["Table"]
            self._positions.setdefault(table, list(self._latest(described["LatestStreamArn"])))

    def _read(self, table: str, shard: int) -> list[dict[str, Any]]:
        found = super()._read(table, shard)
        self.records += [(table, record) for record in found]
        return found

    def events(self) -> list[Event]:
        """Finish all background work, and return the events of all records, by time and type."""
        self.settle()
        return events_of(self.records)

    def new_events(self) -> list[Event]:
        """Return the events since the last call."""
        found = self.events()
        self.records.clear()
        return found

    def types(self) -> dict[str, int]:
        """Count the types of the events since the last call."""
        return dict(Counter(event.type for event in self.new_events()))


def events_of(records: Iterable[tuple[str, dict[str, Any]]]) -> list[Event]:
    """Return each event that records mean once, by time and type."""
    found = {event.id: event for table, record in records for event in DERIVATIONS[table](record)}
    return sorted(found.values(), key=lambda event: (event.created_at, event.type, event.id))


@pytest.fixture
def history(container: Container, tables: Storage, streams: None, queue: RecordingQueue) -> StreamHistory:
    return StreamHistory(container, tables, queue)
