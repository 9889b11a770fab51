"""Operators list and run jobs."""

import importlib

import pytest

from chalicelib.container import Container
from chalicelib.jobs.schedule import JobName
from chalicelib.shared.clock import FixedClock
from local.lambda_context import LambdaContext
from local.schedules import scheduled_event
from tests.factories import User, UserFactory, funded_loan, ok, open_loan
from tests.paging import all_of

RUN = "/api/admin/tasks/{}/run/"


@pytest.mark.parametrize("name", list(JobName))
def test_operators_can_run_every_job(operator: User, name: JobName) -> None:
    run = ok(operator.http.post(RUN.format(name))).json

    assert set(run) == {"task", "started_at", "duration_ms", "counts", "errors"}
    assert (run["task"], run["started_at"], run["errors"]) == (name.value, "2026-01-15T09:30:00.000Z", [])
    listed = ok(operator.http.get("/api/admin/tasks/")).json
    assert listed["items"] == [run]
    assert {task["name"]: task["last_run"] for task in listed["tasks"]} == {
        each.value: run if each is name else None for each in JobName
    }
    assert all(task["schedule"].startswith(("rate(", "cron(")) for task in listed["tasks"])


@pytest.mark.parametrize("name", list(JobName))
def test_schedules_run_every_job(operator: User, container: Container, name: JobName) -> None:
    handler = getattr(importlib.import_module("app"), f"on_{name}")

    handler(scheduled_event(name, container.clock()), LambdaContext(function_name=name))

    [run] = ok(operator.http.get("/api/admin/tasks/")).json["items"]
    assert (run["task"], run["errors"]) == (name.value, [])


def test_runs_return_their_counts(operator: User, user_factory: UserFactory, clock: FixedClock) -> None:
    funded_loan(user_factory.borrower(), user_factory.lender("2000.00"))
    open_loan(user_factory.borrower())
    clock.advance(days=32)

    overdue = ok(operator.http.post(RUN.format("check_overdue_payments"))).json
    stale = ok(operator.http.post(RUN.format("expire_stale_loans"))).json

    assert overdue["counts"] == {"due": 1, "queued": 0, "failed": 0, "accrued": 1}
    assert stale["counts"] == {"due": 1, "queued": 0, "failed": 0, "expired": 1}


def test_runs_by_operators_are_audited(operator: User) -> None:
    ok(operator.http.post(RUN.format("reconcile_ledger")))

    [entry] = ok(operator.http.get("/api/admin/audit/")).json["items"]
    assert (entry["action"], entry["subject"]) == ("RUN_TASK", "task:reconcile_ledger")
    assert entry["actor_id"] == operator.id


def test_unknown_job_is_not_found(operator: User) -> None:
    response = operator.http.post(RUN.format("drop_tables"))

    assert (response.status, response.code) == (404, "task_not_found")
    assert ok(operator.http.get("/api/admin/audit/")).json["items"] == []


def test_runs_of_all_jobs_are_listed_newest_first(operator: User, clock: FixedClock) -> None:
    for name in (*JobName, *JobName):
        ok(operator.http.post(RUN.format(name)))
        clock.advance(seconds=1)

    listed = all_of(operator, "/api/admin/tasks/", limit=3)

    moments = [run["started_at"] for run in listed]
    assert moments == sorted(moments, reverse=True)
    assert len(set(moments)) == 2 * len(JobName)


def test_runs_are_deleted_after_three_months(operator: User, clock: FixedClock) -> None:
    ok(operator.http.post(RUN.format("expire_stale_loans")))
    clock.advance(days=91)

    assert ok(operator.http.get("/api/admin/tasks/")).json["items"] == []
