"""Advance the clock of a test, with the scheduled jobs of every day in between."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from operator import attrgetter

import pytest

from chalicelib.admin.domain.sandbox_clock import ClockAdvancing, ClockState, CompletedJob
from chalicelib.container import Container
from chalicelib.jobs.schedule import SCHEDULED_JOBS, STREAMS, JobName, ScheduledJob
from chalicelib.shared.clock import FixedClock
from local.clock_advance import ClockAdvance, Schedule
from tests.engines import Storage
from tests.queues import RecordingQueue
from tests.streams import Background

_CENTURY = timedelta(days=36_500)


class FixedSandboxClock:
    """Sets a fixed clock forward, as the local server sets its own. It waits for ``advance`` to run the jobs."""

    def __init__(self, clock: FixedClock) -> None:
        self._clock = clock
        self._jobs: list[CompletedJob] = []
        self.target: datetime | None = None

    def __call__(self) -> datetime:
        return self._clock()

    @property
    def latest(self) -> datetime:
        return self._clock() + _CENTURY

    def state(self) -> ClockState:
        return ClockState(self._clock(), self.target is not None, tuple(self._jobs))

    def start(self, target: datetime, record: Callable[[], None]) -> None:
        if self.target is not None:
            raise ClockAdvancing
        record()
        self._jobs.clear()
        self.target = target

    def move_to(self, moment: datetime) -> None:
        self._clock.advance(seconds=max(0.0, (moment - self._clock()).total_seconds()))

    def record(self, job: CompletedJob) -> None:
        self._jobs.append(job)

    def finish(self) -> None:
        if self.target is not None:
            self.move_to(self.target)
        self.target = None


class MemoryOfRuns:
    """The last run of each schedule."""

    def __init__(self) -> None:
        self._runs: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self._runs.get(name)

    def set(self, name: str, position: str) -> None:
        self._runs[name] = position

    def save(self, *, now: bool = False) -> None:
        """They are kept as long as the test."""


class Advance:
    """Advances the business clock of a test: ``advance(days=33)`` or ``advance(to=date(2027, 1, 31))``.

    Every scheduled job of the days in between runs at its time, and so do all stream records and background jobs
    that it causes, as with `make advance`. Returns the jobs in their order.
    """

    def __init__(self, clock: FixedSandboxClock, container: Container, background: Background) -> None:
        self._clock = clock
        schedules = [_schedule(job, container) for job in SCHEDULED_JOBS]
        self._advance = ClockAdvance(clock, schedules, MemoryOfRuns(), background.settle)

    def __call__(self, *, days: int | None = None, to: date | None = None) -> tuple[CompletedJob, ...]:
        now = self._clock()
        self._clock.start(now + (timedelta(days=days or 0) if to is None else to - now.date()), lambda: None)
        return self.run()

    def run(self) -> tuple[CompletedJob, ...]:
        """Run the jobs up to a target that a request has set."""
        self._advance.run()
        return self._clock.state().jobs


def _schedule(job: ScheduledJob, container: Container) -> Schedule:
    if job.name in list(JobName):
        return Schedule(job.name, job.schedule, lambda _: container.job_runner.run_scheduled(JobName(job.name)))
    return Schedule(job.name, job.schedule, lambda _: attrgetter(job.handler)(container)())


@pytest.fixture
def advance(
    container: Container, tables: Storage, streams: None, queue: RecordingQueue, sandbox_clock: FixedSandboxClock
) -> Advance:
    """Advances the business clock with its jobs. Stream records from the start of the test on are processed."""
    return Advance(sandbox_clock, container, Background(container, tables, queue, STREAMS))
