"""The critical reader of a table's stream: it invalidates cached responses and sends jobs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.cache.invalidation import Invalidator
from chalicelib.jobs.queue import BackgroundJob, JobQueue

Record = Mapping[str, Any]
Trigger = Callable[[Record], BackgroundJob | None]
"""Returns the job that a record asks for, if any."""


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
