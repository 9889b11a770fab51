"""Deliver the tables' streams to the projections as Lambda does: in any batches, any number of times."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from chalicelib.container import get_container
from chalicelib.shared.clock import Clock
from chalicelib.shared.settings import Settings
from local.positions import Positions
from local.stream_poller import Consumer, StreamPoller, StreamReader, StreamsClient

Record = dict[str, Any]
Arrange = Callable[[list[Record]], list[list[Record]]]
"""Splits the records of one table into batches."""

_BATCH_SIZE: Final = 1000
_TABLES: Final = ("loans", "ledger")


def one_batch(records: list[Record]) -> list[list[Record]]:
    """Return all records in one batch."""
    return [records]


class StreamPlayer:
    """Reads the streams from now on; records get the time of the test's clock."""

    def __init__(self, settings: Settings, positions: Path, clock: Clock) -> None:
        self._clock = clock
        self._found: dict[str, list[Record]] = {table: [] for table in _TABLES}
        self._pollers = [
            StreamPoller(
                StreamReader(StreamsClient(settings.region).call, settings.table_prefix + table),
                [Consumer(table, found.extend, _BATCH_SIZE)],
                Positions(positions),
            )
            for table, found in self._found.items()
        ]
        self.new_records()

    def play(self, arrange: Arrange = one_batch) -> list[str | None]:
        """Deliver all new records; returns the first failed record of each batch."""
        projections, new = get_container().projections, self.new_records().items()
        return [projections.apply(table, batch) for table, records in new for batch in arrange(records) if batch]

    def new_records(self) -> dict[str, list[Record]]:
        """Return the new records by table, each once."""
        for poller in self._pollers:
            while poller.poll():
                pass
        found = {table: [self._with_time(record) for record in records] for table, records in self._found.items()}
        for records in self._found.values():
            records.clear()
        return found

    def _with_time(self, record: Record) -> Record:
        at = self._clock().timestamp()
        return {**record, "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": at}}
