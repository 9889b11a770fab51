"""The table of event functions, and what is derived from it."""

from datetime import UTC, datetime
from operator import attrgetter
from typing import Final

import pytest

import app
from chalicelib.container import Container
from chalicelib.jobs.schedule import QUEUES, SCHEDULED_JOBS, STREAMS, JobName, JobNotFound, job_named
from chalicelib.shared.settings import Settings
from infra.handlers import Handler, Source, handlers
from local.schedules import latest_time, times_between

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


@pytest.mark.parametrize(
    ("schedule", "latest"),
    [
        ("rate(1 hour)", SUNDAY_NOON),
        ("cron(30 0 * * ? *)", SUNDAY_NOON.replace(hour=0, minute=30)),
        ("cron(0 3 * * ? *)", SUNDAY_NOON.replace(hour=3)),
        ("cron(0 4 ? * 1 *)", SUNDAY_NOON.replace(hour=4)),
    ],
)
def test_local_scheduler_reads_expressions(schedule: str, latest: datetime) -> None:
    assert latest_time(schedule, SUNDAY_NOON) == latest


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("rate(1 hour)", [1, 12]),
        ("rate(12 hours)", [12]),
        ("cron(0 3 * * ? *)", [3]),
        ("cron(0 0 * * ? *)", []),
        ("cron(0 4 ? * 1 *)", [4]),
        ("cron(0 4 ? * 2 *)", []),
    ],
)
def test_schedule_fires_first_and_last_in_a_part_of_a_day(schedule: str, hours: list[int]) -> None:
    midnight = SUNDAY_NOON.replace(hour=0)

    assert times_between(schedule, midnight, SUNDAY_NOON) == tuple(midnight.replace(hour=hour) for hour in hours)


def test_local_scheduler_reads_every_schedule() -> None:
    assert all(latest_time(job.schedule, SUNDAY_NOON) <= SUNDAY_NOON for job in SCHEDULED_JOBS)


def test_job_is_found_by_name() -> None:
    assert job_named("reconcile_ledger") is JobName.RECONCILE_LEDGER
    with pytest.raises(JobNotFound):
        job_named("drop_tables")
