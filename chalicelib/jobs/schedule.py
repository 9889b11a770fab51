"""The scheduled jobs, which operators can also run."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from chalicelib.shared.errors import NotFound


class JobName(StrEnum):
    """The jobs."""

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
"""When each job runs, as an EventBridge expression in UTC; the weekly one runs on Sundays."""


class JobNotFound(NotFound):
    """No job has this name."""

    code = "task_not_found"
    detail = "There is no such job."


def job_named(name: str) -> JobName:
    """Return the job of this name.

    Raises:
        JobNotFound: there is no such job.
    """
    try:
        return JobName(name)
    except ValueError as error:
        raise JobNotFound from error
