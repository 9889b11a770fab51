"""What the clock does to all loans whose day has come: the first page at once, the rest by the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from chalicelib.jobs.deadline import Deadline
from chalicelib.jobs.queue import BackgroundJob, JobQueue
from chalicelib.loans.repository.next_actions import NextActionQueue, NextActionRepository
from chalicelib.observability.logging import logger
from chalicelib.servicing.service.lifecycle import LifecycleService
from chalicelib.shared.clock import Clock

ACT_ON_LOAN: Final = "ACT"
CONTINUE_DUE_LOANS: Final = "SWEEP"
_LISTING_SECONDS: Final = 10
_FIRST_PAGE: Final = 100
_PAGE: Final = 500


class DueLoanService:
    """Finds what is due by the index of next actions. Running twice, overlapping or dying does no harm.

    A loan that was acted on leaves the index; what a killed run has left is found by the next one.
    """

    def __init__(
        self, agenda: NextActionRepository, clockwork: LifecycleService, queue: JobQueue, clock: Clock
    ) -> None:
        self._agenda = agenda
        self._clockwork = clockwork
        self._queue = queue
        self._clock = clock

    def check_overdue(self) -> dict[str, int]:
        """Act on running loans: rows fall overdue, late fees after grace, default; each once."""
        return self._sweep(NextActionQueue.RUNNING)

    def expire_stale(self) -> dict[str, int]:
        """Act on loans that are not funded: requests expire, funding lapses."""
        return self._sweep(NextActionQueue.UNFUNDED)

    def act(self, work: BackgroundJob) -> int:
        """The worker's part: act on one loan."""
        self._clockwork.act(work.subject)
        return 1

    def go_on(self, work: BackgroundJob) -> int:
        """The worker's part of a long list: queue what follows."""
        return self._fan_out(work.subject, work.key)

    def _sweep(self, agenda: NextActionQueue) -> dict[str, int]:
        counts: Counter[str] = Counter({"due": 0, "queued": 0, "failed": 0})
        today = self._clock().date()
        for partition in self._agenda.partitions(agenda):
            first, rest = self._agenda.due(partition, today, limit=_FIRST_PAGE)
            counts["due"] += len(first)
            queued = self._fan_out(partition, rest)
            counts["due"] += queued
            counts["queued"] += queued
            counts.update(self._act_on(first))
        return dict(counts)

    def _fan_out(self, partition: str, after: str | None) -> int:
        """Queue everything behind the first page; how much that is. A very long list goes on by the queue itself."""
        queued, deadline = 0, Deadline(_LISTING_SECONDS)
        while after is not None:
            if deadline.is_over:
                self._queue.send([BackgroundJob(CONTINUE_DUE_LOANS, partition, after)])
                break
            loan_ids, after = self._agenda.due(partition, self._clock().date(), limit=_PAGE, after=after)
            self._queue.send([BackgroundJob(ACT_ON_LOAN, loan_id) for loan_id in loan_ids])
            queued += len(loan_ids)
        return queued

    def _act_on(self, loan_ids: Iterable[str]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for loan_id in loan_ids:
            try:
                counts[self._clockwork.act(loan_id).value] += 1
            except Exception:  # noqa: BLE001 - the guard of one loan: the others go on, and it comes again
                logger().exception("the clock could not act on a loan", extra={"loan": loan_id})
                counts["failed"] += 1
        return counts
