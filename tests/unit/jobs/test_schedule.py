"""The table of event functions, and what is derived from it."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter
from typing import Final

import pytest

import app
from chalicelib.container import Container
from chalicelib.jobs.schedule import JOBS, QUEUES, SCHEDULED_JOBS, STREAMS, JobName, JobNotFound, job_named
from chalicelib.shared.settings import Settings
from infra.handlers import Handler, Source, handlers
from local.schedules import latest_time

SUNDAY_NOON: Final = datetime(2026, 1, 18, 12, tzinfo=UTC)
FUNCTIONS: Final = (*SCHEDULED_JOBS, *STREAMS, *QUEUES)


def test_app_declares_every_function_of_the_table() -> None:
    declared = set(handlers())

    assert declared == {
        Handler("api_handler", Source.HTTP),
        *(Handler(each.name, Source.SCHEDULE, each.schedule, f"on_{each.name}") for each in SCHEDULED_JOBS),
        *(Handler(each.name, Source.STREAM, each.source, f"on_{each.name}") for each in STREAMS),
        *(Handler(each.name, Source.QUEUE, each.source, f"on_{each.name}") for each in QUEUES),
    }


def test_every_function_has_its_own_name_in_app() -> None:
    found = [getattr(app, f"on_{each.name}").func.__code__.co_name for each in FUNCTIONS]

    assert found == [f"on_{each.name}" for each in FUNCTIONS]


def test_every_handler_is_a_method_of_a_service() -> None:
    container = Container(Settings())

    found = [attrgetter(each.handler)(container) for each in FUNCTIONS]

    container.database.client.close()
    assert all(callable(each) for each in found)


def test_local_scheduler_reads_every_schedule() -> None:
    latest = {name: latest_time(JOBS[name].schedule, SUNDAY_NOON) for name in JobName}

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
