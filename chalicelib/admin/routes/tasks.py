"""Tasks of the clock: what ran, and running one by hand."""

from __future__ import annotations

from chalicelib.admin.domain.audit import Occasion
from chalicelib.admin.routes.blueprint import admin
from chalicelib.common.api import Access, Call, endpoint
from chalicelib.common.fields import ListQuery, NoBody, NoQuery
from chalicelib.reports.domain.tasks import NoSuchTask
from chalicelib.reports.schemas import RunAnswer, TaskAnswer, TaskList
from chalicelib.wiring import platform


@endpoint(
    admin,
    "GET",
    "/api/admin/tasks",
    "Tasks of the clock, and their runs",
    query=ListQuery,
    answer=TaskList,
    access=Access.OPERATOR,
)
def list_tasks(call: Call[NoBody, ListQuery]) -> TaskList:
    """Every task with its schedule, and the runs of all of them, newest first."""
    scope = f"admin-tasks:{call.actor.user_id}"
    tasks, cursors = platform().reports.tasks, platform().cursors
    before = cursors.open(scope, call.query.cursor)["before"] if call.query.cursor else None
    runs, rest = tasks.runs(call.actor, limit=call.query.limit, before=before)
    return TaskList(
        tasks=[TaskAnswer.of(task) for task in tasks.all(call.actor)],
        items=[RunAnswer.of(run) for run in runs],
        next_cursor=cursors.seal(scope, {"before": rest}) if rest else None,
    )


@endpoint(
    admin,
    "POST",
    "/api/admin/tasks/{name}/run",
    "Run a task now",
    answer=RunAnswer,
    refusals=(NoSuchTask,),
    access=Access.OPERATOR,
)
def run_task(call: Call[NoBody, NoQuery]) -> RunAnswer:
    """Any task may run at any time, as often as you like. What it leaves to do goes on by the queue."""
    occasion = Occasion(request_id=call.incoming.request_id)
    return RunAnswer.of(platform().admin.tasks.run(call.actor, call.path["name"], occasion))
