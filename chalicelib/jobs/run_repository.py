"""Job runs: one partition per job, one item per run, deleted after 90 days."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.models import JobRunItem
from chalicelib.jobs.schedule import JobName
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import moment_of

_RETENTION: Final = timedelta(days=90)
_PREFIX: Final = "RUN#"


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of a job: its counts, and its errors if it failed."""

    id: str
    job: JobName
    duration_ms: int
    counts: Mapping[str, int]
    errors: tuple[str, ...] = ()

    @property
    def started_at(self) -> datetime:
        return moment_of(self.id)


class RunRepository:
    def __init__(self, database: Database, real_time: Clock) -> None:
        self._database = database
        self._real_time = real_time

    def put(self, run: JobRun) -> None:
        """Store a run. Storing it again replaces the same item."""
        item = JobRunItem(
            _PREFIX + run.job.value,
            run.id,
            duration=run.duration_ms,
            counts=json.dumps(dict(run.counts)),
            errors=json.dumps(run.errors),
            expires_at=int((self._real_time() + _RETENTION).timestamp()),
        )
        writes = WriteTransaction(self._database)
        writes.put(item)
        writes.commit()

    def newest(self, job: JobName, *, limit: int, before: str | None) -> list[JobRun]:
        """Return a job's runs, newest first, older than run ``before``."""
        page = self._database.query(
            JobRunItem,
            _PREFIX + job.value,
            JobRunItem.sk < before if before else None,
            limit=limit,
            newest_first=True,
            consistent=True,
        )
        now = self._real_time().timestamp()
        return [_run(item) for item in page.items if item.expires_at > now]


def _run(item: JobRunItem) -> JobRun:
    return JobRun(
        id=item.sk,
        job=JobName(item.pk.removeprefix(_PREFIX)),
        duration_ms=item.duration,
        counts=json.loads(item.counts),
        errors=tuple(json.loads(item.errors)),
    )
