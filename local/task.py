"""`make task NAME=…`: run a scheduled job now, with all background jobs that it queues."""

import sys
from collections.abc import Sequence
from typing import Final

from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.run_repository import JobRun
from chalicelib.jobs.schedule import JobName, JobNotFound, job_named
from chalicelib.shared.settings import read_settings
from local import environment
from local.clock import open_container
from local.queues import open_queues
from local.tools import exit_status, tool_database

_BATCH_SIZE: Final = 10


def main(arguments: Sequence[str]) -> int:
    """Run the named job; return 1 if it could not run or had errors."""
    try:
        name = job_named(arguments[0] if arguments else "")
    except JobNotFound:
        print(f"Choose one of: {', '.join(JobName)}", file=sys.stderr)
        return 1
    return exit_status(lambda: _report(name))


def _report(name: JobName) -> int:
    with tool_database() as database:
        print(f"Database: {database}")
        run = _run(name)
    counts = ", ".join(f"{label} {count}" for label, count in run.counts.items()) or "nothing to count"
    errors = "".join(f"\n  {error}" for error in run.errors)
    print(f"{run.job} took {run.duration_ms} ms: {counts}{errors}")
    return 1 if run.errors else 0


def _run(name: JobName) -> JobRun:
    """Run a job; the local queue of jobs is in this process and is emptied, another stage has its own queues."""
    if not environment.is_local_stage():
        return Container(read_settings()).job_runner.run(name)
    queues = open_queues()
    queue, container = queues["work"], open_container(queues)
    run = container.job_runner.run(name)
    while messages := queue.receive(_BATCH_SIZE):
        for message in messages:
            container.worker.do(BackgroundJob.read(message.body))
        queue.settle(messages, frozenset())
    return run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
