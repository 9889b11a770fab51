"""Tasks that the clock or an operator starts, and what is written down of each run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.shared.errors import NotFound
from chalicelib.shared.ids import moment_of


class JobName(StrEnum):
    """The tasks."""

    CHECK_OVERDUE_PAYMENTS = "check_overdue_payments"
    LOAN_STATUS_SUMMARY_REPORT = "loan_status_summary_report"
    RECONCILE_LEDGER = "reconcile_ledger"
    EXPIRE_STALE_LOANS = "expire_stale_loans"
    CLEANUP_EXPIRED_LOAN_CACHE = "cleanup_expired_loan_cache"


SCHEDULES: Final[Mapping[JobName, str]] = {
    JobName.CHECK_OVERDUE_PAYMENTS: "rate(1 hour)",
    JobName.LOAN_STATUS_SUMMARY_REPORT: "cron(30 0 * * ? *)",
    JobName.RECONCILE_LEDGER: "cron(0 3 * * ? *)",
    JobName.EXPIRE_STALE_LOANS: "cron(15 0 * * ? *)",
    JobName.CLEANUP_EXPIRED_LOAN_CACHE: "cron(0 4 ? * 1 *)",
}
"""When each task runs, in EventBridge's notation, UTC; the weekly one on Sundays."""

RECONCILE: Final = "RECONCILE"
"""The kind of work by which reconciling goes on."""


class JobNotFound(NotFound):
    """No task has this name."""

    code = "task_not_found"
    detail = "There is no such task."


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run: what it read and changed, and what went wrong."""

    id: str
    task: JobName
    duration_ms: int
    counts: Mapping[str, int]
    errors: tuple[str, ...] = ()

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return moment_of(self.id)


def job_named(name: str) -> JobName:
    """The task of this name.

    Raises:
        NoSuchTask
    """
    try:
        return JobName(name)
    except ValueError as error:
        raise JobNotFound from error
