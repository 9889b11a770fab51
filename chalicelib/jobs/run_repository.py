"""Runs of tasks: one item each, newest last, forgotten after three months."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final

from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.schedule import JobName, JobRun
from chalicelib.reporting.models import RunItem

KEPT: Final = timedelta(days=90)
_RUN: Final = "RUN#"


class RunRepository:
    """One partition a task."""

    def __init__(self, database: Database) -> None:
        database.bind(RunItem)
        self._database = database

    def put(self, run: JobRun) -> None:
        """Write a run down. The same run twice is the same item."""
        item = RunItem(
            _RUN + run.task.value,
            run.id,
            duration=run.duration_ms,
            counts=json.dumps(dict(run.counts)),
            errors=json.dumps(run.errors),
            expires_at=int((run.started_at + KEPT).timestamp()),
        )
        writes = WriteTransaction(self._database)
        writes.put(item)
        writes.commit()

    def newest(self, task: JobName, *, limit: int, before: str | None, now: datetime) -> list[JobRun]:
        """A task's runs, newest first; ``before`` is the last one shown."""
        page = self._database.query(
            RunItem,
            _RUN + task.value,
            RunItem.sk < before if before else None,
            limit=limit,
            newest_first=True,
            consistent=True,
        )
        return [_run(item) for item in page.items if item.expires_at > now.timestamp()]


def _run(item: RunItem) -> JobRun:
    return JobRun(
        id=item.sk,
        task=JobName(item.pk.removeprefix(_RUN)),
        duration_ms=item.duration,
        counts=json.loads(item.counts),
        errors=tuple(json.loads(item.errors)),
    )
