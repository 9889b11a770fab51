"""The outbox: jobs that a transaction stores with its effect, and that the table's stream sends to the queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from chalicelib.jobs.queue import BackgroundJob

_PREFIX: Final = "OUTBOX#"


class Outbox(Protocol):
    """Finds jobs whose message may be lost."""

    def pending_since(self, moment: datetime, *, limit: int) -> list[BackgroundJob]:
        """Return jobs that were stored before a moment and are not done, oldest first."""


def outbox_sort_key(job: BackgroundJob) -> str:
    """Return the sort key of a job's item."""
    return f"{_PREFIX}{job.kind}#{job.key}"


def job_of(partition: str, sort: str) -> BackgroundJob:
    """Return the job that an outbox item names by its key."""
    _, kind, key = sort.split("#", 2)
    return BackgroundJob(kind, partition.partition("#")[2], key)


def stored_job(record: Mapping[str, Any]) -> BackgroundJob | None:
    """Return the job of a stream record that puts an outbox item; None for other records."""
    key = record["dynamodb"]["Keys"]
    sort = str(key["sk"]["S"])
    if record["eventName"] != "INSERT" or not sort.startswith(_PREFIX):
        return None
    return job_of(str(key["pk"]["S"]), sort)
