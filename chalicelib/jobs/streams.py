"""The two readers of a table's stream.

The critical one invalidates cached responses and sends jobs. The other one passes the records to subscribers that
derive data from them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.cache.invalidation import Invalidator
from chalicelib.jobs.queue import BackgroundJob, JobQueue
from chalicelib.observability.logging import logger

Record = Mapping[str, Any]
Trigger = Callable[[Record], BackgroundJob | None]
"""Returns the job that a record asks for, if any."""
Subscriber = Callable[[Sequence[Record]], str | None]
"""Processes records in order; returns the sequence number of the first one that it failed to process, if any.

The records before that one are processed. It may get a record several times, with one effect.
"""
BatchResponse = dict[str, list[dict[str, str]]]
"""Lambda's format for records of a batch that must be delivered again."""


class StreamProcessor:
    """Reads the stream of one table.

    Args:
        table: the table's name without the deployment's prefix.
        triggers: the jobs that a record can ask for.
    """

    def __init__(self, table: str, invalidator: Invalidator, queue: JobQueue, triggers: Sequence[Trigger]) -> None:
        self._table = table
        self._invalidator = invalidator
        self._queue = queue
        self._triggers = triggers

    def process(self, records: Sequence[Record]) -> int:
        """Process a batch and return the number of jobs sent.

        An error fails the whole batch, which the stream delivers again: a job may then be sent twice.
        """
        self._invalidator.streamed(self._table, records)
        wanted = (trigger(record) for record in records for trigger in self._triggers)
        jobs = list(dict.fromkeys(job for job in wanted if job is not None))
        if jobs:
            self._queue.send(jobs)
        return len(jobs)


class DerivedStream:
    """Passes the records of one table to subscribers. One that fails does not keep them from the others.

    Args:
        table: the table's name without the deployment's prefix.
        subscribers: derive data from the records.
    """

    def __init__(self, table: str, subscribers: Sequence[Subscriber]) -> None:
        self._table = table
        self._subscribers = subscribers

    def process(self, records: Sequence[Record]) -> BatchResponse:
        """Process a batch, and return the first record that must be delivered again."""
        failed = {self._first_failed(subscriber, records) for subscriber in self._subscribers}
        numbers = (sequence_number(record) for record in records)
        return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers if number in failed][:1]}

    def _first_failed(self, subscriber: Subscriber, records: Sequence[Record]) -> str | None:
        try:
            return subscriber(records)
        except Exception:  # noqa: BLE001 - the guard of one subscriber: the others get the records too
            logger().exception("subscriber failed", extra={"table": self._table})
            return sequence_number(records[0])


def sequence_number(record: Record) -> str:
    """Return the position of a record in its shard."""
    return str(record["dynamodb"]["SequenceNumber"])
