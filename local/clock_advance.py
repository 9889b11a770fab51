"""Advance the business clock: run the scheduled jobs of every day in between, each at its time."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from operator import itemgetter
from typing import Final, Protocol

from chalicelib.admin.domain.sandbox_clock import CompletedJob
from local.schedules import times_between

_ATTEMPTS: Final = 3
_ONE_DAY: Final = timedelta(days=1)
_INSTANT: Final = timedelta(microseconds=1)
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scheduled function: its name, its EventBridge expression, and its handler, which returns counts."""

    name: str
    expression: str
    run: Callable[[datetime], Mapping[str, int]]


class AdvancingClock(Protocol):
    """A business clock with a target."""

    def __call__(self) -> datetime:
        """Return the business time."""

    @property
    def target(self) -> datetime | None:
        """The business time to reach; None without an advance."""

    def move_to(self, moment: datetime) -> None:
        """Set the clock forward to a moment, unless it has passed it already."""

    def record(self, job: CompletedJob) -> None:
        """Note a job that has run."""

    def finish(self) -> None:
        """Reach the target."""


class LastRuns(Protocol):
    """The last run of each schedule, by name, as an RFC 3339 time. It is kept with the data."""

    def get(self, name: str) -> str | None:
        """Return the last run of a schedule; None before the first."""

    def set(self, name: str, position: str) -> None:
        """Note a run."""

    def save(self, *, now: bool = False) -> None:
        """Write what has changed."""


class ClockAdvance:
    """Brings the clock to its target, one scheduled job after the other.

    The clock is set to the time of a job, the job runs, and all that its writes cause is done (``drain``), before the
    run is noted and the next job starts. So every job sees the state of its own day. A process that ends in between
    repeats at most the job that it was running: jobs have one effect, however often they run.

    Args:
        clock: the clock, with its target.
        schedules: all scheduled functions, in the order in which they run at one time.
        last_runs: the last run of each schedule.
        drain: delivers every stream record and does every queued job, until none is left.
        when_reached: is called at the target, before requests may change something again.
    """

    def __init__(
        self,
        clock: AdvancingClock,
        schedules: Sequence[Schedule],
        last_runs: LastRuns,
        drain: Callable[[], object],
        when_reached: Callable[[], object] = int,
    ) -> None:
        self._clock = clock
        self._schedules = schedules
        self._last_runs = last_runs
        self._drain = drain
        self._when_reached = when_reached

    def run(self, *, is_stopped: Callable[[], bool] = lambda: False) -> None:
        """Advance to the target. Ends early if ``is_stopped``; the next call then continues."""
        target = self._clock.target
        if target is None:
            return
        last_runs = {each.name: self._last_run(each.name) for each in self._schedules}
        self._last_runs.save(now=True)
        self._drain()
        for moment, schedule in self._due_until(target, last_runs):
            if is_stopped():
                return
            self._clock.move_to(moment)
            counts = self._counts_of_run(schedule, moment)
            self._drain()
            self._last_runs.set(schedule.name, moment.isoformat())
            self._last_runs.save(now=True)
            self._clock.record(CompletedJob(schedule.name, moment.date(), counts))
        self._clock.move_to(target)
        self._when_reached()
        self._clock.finish()

    def _due_until(self, target: datetime, last_runs: Mapping[str, datetime]) -> Iterator[tuple[datetime, Schedule]]:
        """Yield the runs that are due up to a time, in their order."""
        day = min(last_runs.values(), default=target).date()
        while day <= target.date():
            midnight = datetime.combine(day, time(), UTC)
            until = min(target, midnight + _ONE_DAY - _INSTANT)
            due = [
                (moment, schedule)
                for schedule in self._schedules
                for moment in times_between(
                    schedule.expression, max(last_runs[schedule.name], midnight - _INSTANT), until
                )
            ]
            yield from sorted(due, key=itemgetter(0))
            day += _ONE_DAY

    def _last_run(self, name: str) -> datetime:
        """Return the last run; a schedule that never ran is noted as run now."""
        if self._last_runs.get(name) is None:
            self._last_runs.set(name, self._clock().isoformat())
        return datetime.fromisoformat(self._last_runs.get(name) or "")

    def _counts_of_run(self, schedule: Schedule, moment: datetime) -> Mapping[str, int]:
        """Run a job, and again if it fails; the counts of one that goes on failing are ``failed: 1``."""
        for _ in range(_ATTEMPTS):
            try:
                return schedule.run(moment)
            except Exception:  # noqa: BLE001 - the guard of one job: the others of the day run, as in the cloud
                _log.exception("a scheduled job failed in an advance of the clock", extra={"function": schedule.name})
        return {"failed": 1}
