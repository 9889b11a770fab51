"""Run scheduled jobs and record each run."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.jobs.run_repository import JobRun, RunRepository
from chalicelib.jobs.schedule import JOBS, JobName
from chalicelib.observability import metrics
from chalicelib.observability.logging import logger
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock, rfc3339
from chalicelib.shared.ids import new_id

_MAX_ERROR_LENGTH: Final = 300
_MILLIS_PER_SECOND: Final = 1000
JobFunction = Callable[[], Mapping[str, int]]
"""Does the work of a job and returns counts of what it read and changed."""


class JobFailed(Exception):
    """A scheduled run failed. The run is recorded, and the schedule retries."""


@dataclass(frozen=True, slots=True)
class JobStatus:
    name: JobName
    schedule: str
    last_run: JobRun | None


class JobRunner:
    def __init__(self, jobs: Mapping[JobName, JobFunction], runs: RunRepository, clock: Clock) -> None:
        self._jobs = jobs
        self._runs = runs
        self._clock = clock

    def run(self, name: JobName) -> JobRun:
        """Run a job and record the run, also if it fails."""
        run_id, started = new_id(self._clock()), time.monotonic()
        counts: Mapping[str, int] = {}
        errors: tuple[str, ...] = ()
        try:
            counts = self._jobs[name]()
        except Exception as error:  # noqa: BLE001 - the guard of one run: its error is logged and recorded
            logger().exception("job failed", extra={"job": name.value})
            errors = (f"{type(error).__name__}: {error}"[:_MAX_ERROR_LENGTH],)
        duration_ms = round((time.monotonic() - started) * _MILLIS_PER_SECOND)
        run = JobRun(run_id, name, duration_ms, counts, errors)
        self._runs.put(run)
        _log(run)
        return run

    def run_scheduled(self, name: JobName) -> dict[str, int]:
        """Run a job for its schedule and return its counts.

        Raises:
            JobFailed: the run had an error, so that the schedule retries.
        """
        run = self.run(name)
        if run.errors:
            raise JobFailed(run.errors[0])
        return dict(run.counts)

    def statuses(self, actor: Actor) -> tuple[JobStatus, ...]:
        """Return every job with its schedule and newest run.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        return tuple(self._status(name) for name in JobName)

    def runs(self, actor: Actor, *, limit: int, before: str | None) -> tuple[list[JobRun], str | None]:
        """Return a page of the runs of all jobs, newest first, and the run that the next page follows.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        runs = [run for name in JobName for run in self._runs.newest(name, limit=limit + 1, before=before)]
        runs.sort(key=lambda run: run.id, reverse=True)
        page = runs[:limit]
        return page, page[-1].id if len(runs) > limit else None

    def _status(self, name: JobName) -> JobStatus:
        newest = self._runs.newest(name, limit=1, before=None)
        return JobStatus(name, JOBS[name].schedule, newest[0] if newest else None)


def _log(run: JobRun) -> None:
    metrics.count("TaskRuns")
    metrics.count("TaskErrors", len(run.errors))
    facts = {"job": run.job.value, "started_at": rfc3339(run.started_at), "duration_ms": run.duration_ms}
    logger().info("job", extra={**facts, "counts": dict(run.counts), "errors": list(run.errors)})
