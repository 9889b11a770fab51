"""Plays the tables' streams to the functions that count them, as Lambda would: in any batches, any number of times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from chalicelib.reporting import jobs
from chalicelib.shared.clock import Clock
from chalicelib.shared.settings import Settings
from local.streams import Places, StreamReader

Record = dict[str, Any]
Arrange = Callable[[list[Record]], list[list[Record]]]
"""Makes batches of the records of one table."""

_AT_ONCE: Final = 1000
_HANDLERS: Final[Mapping[str, Callable[[list[Record]], jobs.BatchAnswer]]] = {
    "loans": jobs.project_loans,
    "ledger": jobs.project_ledger,
}


def one_batch(records: list[Record]) -> list[list[Record]]:
    """All records as they came."""
    return [records]


class StreamPlayer:
    """The streams from now on; records bear the day of the test's clock."""

    def __init__(self, settings: Settings, places: Path, clock: Clock) -> None:
        self._clock = clock
        self._readers = {
            table: StreamReader(settings.table_prefix + table, settings.region, Places(places)) for table in _HANDLERS
        }
        self.waiting()

    def play(self, arrange: Arrange = one_batch) -> list[jobs.BatchAnswer]:
        """Hand over everything that is new; gives what the functions answered."""
        return [
            _HANDLERS[table](batch) for table, records in self.waiting().items() for batch in arrange(records) if batch
        ]

    def waiting(self) -> dict[str, list[Record]]:
        """The new records by table; they do not come again."""
        return {table: [self._stamped(record) for record in self._new(table)] for table in self._readers}

    def _new(self, table: str) -> list[Record]:
        reader, found = self._readers[table], list[Record]()
        while batches := reader.read(_AT_ONCE):
            for shard, records in batches.items():
                reader.passed(shard, records)
                found += records
        return found

    def _stamped(self, record: Record) -> Record:
        at = self._clock().timestamp()
        return {**record, "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": at}}
