"""The outbox: jobs that a transaction stores with its effect, and that the table's stream sends to the queue."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chalicelib.dynamodb.database import Database, Key, Page
from chalicelib.dynamodb.model import item_absent, item_exists
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.models import OutboxItem
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.shared.clock import rfc3339

RELEASE_RULE: Final = "RELEASE_RULE"
APPLY_FREEZE: Final = "APPLY_FREEZE"
USER_JOBS: Final = frozenset({RELEASE_RULE, APPLY_FREEZE})
"""Kinds of jobs whose subject is a user: jobs on an auto-invest rule, and on a frozen account."""
BOOK_STATEMENT: Final = "BOOK_STATEMENT"
DEFERRED_JOBS: Final = frozenset({BOOK_STATEMENT})
"""Kinds of jobs that the storing request does itself; only if it dies, the hourly sweep sends them."""
_PARTITION: Final = "JOB#"
_PREFIX: Final = "OUTBOX#"
_PENDING: Final = "PENDING#0"


class OutboxRepository:
    """Jobs that are not done: one partition per subject, and a sparse index by age."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_outbox(self, writes: WriteTransaction, job: BackgroundJob, at: datetime) -> None:
        """Add a job to a transaction; it is sent after the transaction has happened."""
        item = OutboxItem(*_key(job), outbox=_PENDING, outbox_due=f"{rfc3339(at)}#{job.subject}")
        writes.put(item, when=item_absent(OutboxItem))

    def add_outbox_done(self, writes: WriteTransaction, job: BackgroundJob) -> None:
        """Add the completion of a job, on condition that it is pending."""
        writes.delete(OutboxItem(*_key(job)), when=item_exists(OutboxItem))

    def is_pending(self, job: BackgroundJob) -> bool:
        """Tell whether a job is not done."""
        return self._database.get(OutboxItem, *_key(job), consistent=True) is not None

    def pending_since(self, moment: datetime, *, limit: int) -> list[BackgroundJob]:
        """Read jobs that were stored before a moment and are not done, oldest first."""
        page = self._database.query(
            OutboxItem, _PENDING, OutboxItem.outbox_due < rfc3339(moment), index=OutboxItem.by_age, limit=limit
        )
        return [_job_of(item.pk, item.sk) for item in page.items]

    def page_of_pending(self, *, limit: int, after: Key | None) -> Page[BackgroundJob]:
        """Read jobs that are not done, oldest first."""
        page = self._database.query(OutboxItem, _PENDING, index=OutboxItem.by_age, limit=limit, after=after)
        return Page(tuple(_job_of(item.pk, item.sk) for item in page.items), page.last_key)


def stored_job(record: Mapping[str, Any]) -> BackgroundJob | None:
    """Return the job of a stream record that puts an outbox item; None for other records and deferred jobs."""
    key = record["dynamodb"]["Keys"]
    sort = str(key["sk"]["S"])
    if record["eventName"] != "INSERT" or not sort.startswith(_PREFIX):
        return None
    job = _job_of(str(key["pk"]["S"]), sort)
    return None if job.kind in DEFERRED_JOBS else job


def _key(job: BackgroundJob) -> tuple[str, str]:
    return f"{_PARTITION}{job.subject}", f"{_PREFIX}{job.kind}#{job.key}"


def _job_of(partition: str, sort: str) -> BackgroundJob:
    _, kind, key = sort.split("#", 2)
    return BackgroundJob(kind, partition.removeprefix(_PARTITION), key)
