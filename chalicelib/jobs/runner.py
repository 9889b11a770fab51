"""Running tasks by the clock or by hand, and writing down what each run did."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.jobs.run_repository import RunRepository
from chalicelib.jobs.schedule import SCHEDULES, JobName, JobRun
from chalicelib.observability import metrics
from chalicelib.observability.logging import logger
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock, rfc3339
from chalicelib.shared.ids import new_id

_LONGEST_ERROR: Final = 300
_MILLIS_A_SECOND: Final = 1000
JobBody = Callable[[], Mapping[str, int]]
"""Does a task's work; gives counts of what it read and changed."""


class JobFailed(Exception):
    """A scheduled run ended with an error; it is written down, and the schedule's own retries follow."""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A task, when it runs by itself, and its newest run."""

    name: JobName
    schedule: str
    last_run: JobRun | None


class JobRunner:
    """All tasks of the platform."""

    def __init__(self, bodies: Mapping[JobName, JobBody], runs: RunRepository, clock: Clock) -> None:
        self._bodies = bodies
        self._runs = runs
        self._clock = clock

    def run(self, name: JobName) -> JobRun:
        """Run a task and write the run down, with its error where it has one."""
        run_id, began = new_id(self._clock()), time.monotonic()
        counts: Mapping[str, int] = {}
        errors: tuple[str, ...] = ()
        try:
            counts = self._bodies[name]()
        except Exception as error:  # noqa: BLE001 - the guard of one run: what happened is written down and told
            logger().exception("task failed", extra={"task": name.value})
            errors = (f"{type(error).__name__}: {error}"[:_LONGEST_ERROR],)
        took = round((time.monotonic() - began) * _MILLIS_A_SECOND)
        run = JobRun(run_id, name, took, counts, errors)
        self._runs.put(run)
        _log(run)
        return run

    def run_scheduled(self, name: JobName) -> dict[str, int]:
        """Run a task for the clock; gives its counts.

        Raises:
            TaskFailed: the run had an error, so that the schedule tries again.
        """
        run = self.run(name)
        if run.errors:
            raise JobFailed(run.errors[0])
        return dict(run.counts)

    def run_by_hand(self, actor: Actor, name: JobName) -> JobRun:
        """Run a task for an operator.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        return self.run(name)

    def all(self, actor: Actor) -> tuple[JobStatus, ...]:
        """Every task with its schedule and newest run.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        return tuple(self._task(name) for name in JobName)

    def runs(self, actor: Actor, *, limit: int, before: str | None) -> tuple[list[JobRun], str | None]:
        """Runs of all tasks, newest first, and where the list goes on; ``before`` is the last one shown.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        now = self._clock()
        found = [run for name in JobName for run in self._runs.newest(name, limit=limit + 1, before=before, now=now)]
        found.sort(key=lambda run: run.id, reverse=True)
        shown = found[:limit]
        return shown, shown[-1].id if len(found) > limit else None

    def _task(self, name: JobName) -> JobStatus:
        newest = self._runs.newest(name, limit=1, before=None, now=self._clock())
        return JobStatus(name, SCHEDULES[name], newest[0] if newest else None)


def _log(run: JobRun) -> None:
    facts = {"task": run.task.value, "started_at": rfc3339(run.started_at), "duration_ms": run.duration_ms}
    metrics.count("TaskRuns")
    metrics.count("TaskErrors", len(run.errors))
    logger().info("task", extra={**facts, "counts": dict(run.counts), "errors": list(run.errors)})
