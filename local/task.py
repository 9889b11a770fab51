"""`make task NAME=…`: runs a task of the clock by hand, with all the work it leaves to the queue."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from chalicelib import container as wiring
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.run_repository import JobRun
from chalicelib.jobs.schedule import JobName, JobNotFound, job_named
from chalicelib.shared.settings import InvalidSetting, read_settings
from local import environment
from local.database import make_tables, shared_database
from local.failure import StartFailure
from local.queues import LocalQueue
from local.time_ahead import open_platform

_AT_ONCE = 10


def main(arguments: Sequence[str]) -> int:
    """Run the task that is named; 1 when it could not be run, or had errors."""
    try:
        name = job_named(arguments[0] if arguments else "")
        environment.prepare()
        with shared_database() as database:
            if environment.is_local_stage():
                make_tables()
            print(f"Database: {database}")
            run = _run(name)
    except JobNotFound:
        print(f"Name one of: {', '.join(JobName)}", file=sys.stderr)
        return 1
    except (StartFailure, InvalidSetting) as error:
        print(error, file=sys.stderr)
        return 1
    print(_told(run))
    return 1 if run.errors else 0


def _run(name: JobName) -> JobRun:
    """On the laptop the queue is in this process, and empty at the end; elsewhere the stage's own is used."""
    settings = read_settings()
    if not environment.is_local_stage():
        return wiring.Container(settings).job_runner.run(name)
    queue = LocalQueue()
    container = open_platform(queue)
    run = container.job_runner.run(name)
    while messages := queue.receive(_AT_ONCE):
        for message in messages:
            container.worker.do(BackgroundJob.read(message.body))
        queue.settle(messages, frozenset())
    return run


def _told(run: JobRun) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in run.counts.items()) or "nothing to count"
    problems = "".join(f"\n  {error}" for error in run.errors)
    return f"{run.job} took {run.duration_ms} ms: {counts}{problems}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
