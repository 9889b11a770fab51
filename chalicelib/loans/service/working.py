"""The worker: finds the service for a piece of work, and sends again what was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from chalicelib.common.clock import Clock
from chalicelib.common.work import Work, WorkQueue
from chalicelib.loans.repository.work import WorkRepository, work_of

RESENT_AFTER: Final = timedelta(minutes=5)
_SWEPT_AT_ONCE: Final = 500
_OUTBOX: Final = "OUTBOX#"

Worker = Callable[[Work], int]


class WorkerService:
    """Does work of every kind that loans leave behind."""

    def __init__(
        self, workers: Mapping[str, Worker], repository: WorkRepository, queue: WorkQueue, clock: Clock
    ) -> None:
        self._workers = workers
        self._repository = repository
        self._queue = queue
        self._clock = clock

    def do(self, work: Work) -> int:
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


def work_to_send(key: Mapping[str, Any]) -> Work | None:
    """The work that an item of the loans table names by its key, in DynamoDB's notation; None for others."""
    sort = str(key["sk"]["S"])
    return work_of(str(key["pk"]["S"]), sort) if sort.startswith(_OUTBOX) else None
