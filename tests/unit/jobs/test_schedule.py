"""The table of scheduled jobs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.jobs.schedule import SCHEDULES, JobName, JobNotFound, job_named
from local.schedules import latest_time

SUNDAY_NOON = datetime(2026, 1, 18, 12, tzinfo=UTC)


def test_local_scheduler_reads_every_schedule() -> None:
    latest = {name: latest_time(SCHEDULES[name], SUNDAY_NOON) for name in JobName}

    assert latest == {
        JobName.CHECK_OVERDUE_PAYMENTS: SUNDAY_NOON,
        JobName.LOAN_STATUS_SUMMARY_REPORT: SUNDAY_NOON.replace(hour=0, minute=30),
        JobName.RECONCILE_LEDGER: SUNDAY_NOON.replace(hour=3),
        JobName.EXPIRE_STALE_LOANS: SUNDAY_NOON.replace(hour=0, minute=15),
        JobName.CLEANUP_EXPIRED_LOAN_CACHE: SUNDAY_NOON.replace(hour=4),
    }


def test_job_is_found_by_name() -> None:
    assert job_named("reconcile_ledger") is JobName.RECONCILE_LEDGER
    with pytest.raises(JobNotFound):
        job_named("drop_tables")
