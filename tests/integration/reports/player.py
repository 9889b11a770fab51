"""Plays the tables' streams to the functions that count them, as Lambda would: in any batches, any number of times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from chalicelib.reporting import jobs
from chalicelib.shared.clock import Clock
from chalicelib.shared.settings import Settings
from local.positions import Positions
from local.stream_poller import Consumer, StreamPoller, StreamReader, StreamsClient

Record = dict[str, Any]
Arrange = Callable[[list[Record]], list[list[Record]]]
"""Makes batches of the records of one table."""

_AT_ONCE: Final = 1000
_HANDLERS: Final[Mapping[str, Callable[[list[Record]], jobs.BatchResponse]]] = {
    "loans": jobs.project_loans,
    "ledger": jobs.project_ledger,
}


def one_batch(records: list[Record]) -> list[list[Record]]:
    """All records as they came."""
    return [records]


class StreamPlayer:
    """The streams from now on; records bear the day of the test's clock."""

    def __init__(self, settings: Settings, positions: Path, clock: Clock) -> None:
        self._clock = clock
        self._found: dict[str, list[Record]] = {table: [] for table in _HANDLERS}
        self._pollers = [
            StreamPoller(
                StreamReader(StreamsClient(settings.region).call, settings.table_prefix + table),
                [Consumer(table, found.extend, _AT_ONCE)],
                Positions(positions),
            )
            for table, found in self._found.items()
        ]
        self.waiting()

    def play(self, arrange: Arrange = one_batch) -> list[jobs.BatchResponse]:
        """Hand over everything that is new; gives what the functions answered."""
        return [
            _HANDLERS[table](batch) for table, records in self.waiting().items() for batch in arrange(records) if batch
        ]

    def waiting(self) -> dict[str, list[Record]]:
        """The new records by table; they do not come again."""
        for poller in self._pollers:
            while poller.poll():
                pass
        found = {table: [self._stamped(record) for record in records] for table, records in self._found.items()}
        for records in self._found.values():
            records.clear()
        return found

    def _stamped(self, record: Record) -> Record:
        at = self._clock().timestamp()
        return {**record, "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": at}}
