"""The worker: finds the service for a piece of work, and sends again what was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from chalicelib.jobs.queue import BackgroundJob, JobQueue
from chalicelib.loans.repository.outbox import OutboxRepository, job_of
from chalicelib.shared.clock import Clock

RESENT_AFTER: Final = timedelta(minutes=5)
_SWEPT_AT_ONCE: Final = 500
_OUTBOX: Final = "OUTBOX#"

JobHandler = Callable[[BackgroundJob], int]


class JobDispatcher:
    """Does work of every kind that loans leave behind."""

    def __init__(
        self, workers: Mapping[str, JobHandler], repository: OutboxRepository, queue: JobQueue, clock: Clock
    ) -> None:
        self._workers = workers
        self._repository = repository
        self._queue = queue
        self._clock = clock

    def do(self, work: BackgroundJob) -> int:
        """Do the work; gives how many things it changed.

        Raises:
            KeyError: no service does this kind.
        """
        return self._workers[work.kind](work)

    def send_again(self) -> int:
        """Send work that has waited for more than five minutes; gives how much there was."""
        late = self._repository.pending_since(self._clock() - RESENT_AFTER, limit=_SWEPT_AT_ONCE)
        if late:
            self._queue.send(late)
        return len(late)


def job_to_send(key: Mapping[str, Any]) -> BackgroundJob | None:
    """The work that an item of the loans table names by its key, in DynamoDB's notation; None for others."""
    sort = str(key["sk"]["S"])
    return job_of(str(key["pk"]["S"]), sort) if sort.startswith(_OUTBOX) else None
