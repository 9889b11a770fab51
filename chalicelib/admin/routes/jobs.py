"""Tasks of the clock: what ran, and running one by hand."""

from __future__ import annotations

from typing import Final

from chalice.app import Blueprint

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.schemas import JobList, JobResponse, JobRunResponse
from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.routing import AccessLevel, RequestContext, endpoint
from chalicelib.container import get_container
from chalicelib.jobs.schedule import JobNotFound

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "GET",
    "/api/admin/tasks",
    "Tasks of the clock, and their runs",
    query=ListQuery,
    answer=JobList,
    access=AccessLevel.OPERATOR,
)
def list_tasks(call: RequestContext[NoBody, ListQuery]) -> JobList:
    """Every task with its schedule, and the runs of all of them, newest first."""
    scope = f"admin-tasks:{call.actor.user_id}"
    runner, cursors = get_container().job_runner, get_container().cursors
    before = cursors.open(scope, call.query.cursor)["before"] if call.query.cursor else None
    runs, following = runner.runs(call.actor, limit=call.query.limit, before=before)
    return JobList(
        tasks=[JobResponse.of(status) for status in runner.statuses(call.actor)],
        items=[JobRunResponse.of(run) for run in runs],
        next_cursor=cursors.seal(scope, {"before": following}) if following else None,
    )


@endpoint(
    blueprint,
    "POST",
    "/api/admin/tasks/{name}/run",
    "Run a task now",
    answer=JobRunResponse,
    refusals=(JobNotFound,),
    access=AccessLevel.OPERATOR,
)
def run_task(call: RequestContext[NoBody, NoQuery]) -> JobRunResponse:
    """Any task may run at any time, as often as you like. What it leaves to do goes on by the queue."""
    context = AuditContext(request_id=call.incoming.request_id)
    return JobRunResponse.of(get_container().job_admin.run(call.actor, call.path["name"], context))
