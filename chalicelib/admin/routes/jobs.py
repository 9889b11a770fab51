"""List and run scheduled jobs."""

from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.schemas import JobList, JobResponse, JobRunResponse
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.jobs.schedule import JobNotFound

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/admin/tasks",
    "List jobs and their runs",
    query=ListQuery,
    response=JobList,
    paginated=str,
    access=AccessLevel.OPERATOR,
)
def list_tasks(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List every job with its schedule, and the runs of all jobs, newest first."""
    runner = get_container().job_runner
    runs, position = runner.runs(context.actor, limit=context.query.limit, before=context.position)
    jobs = [JobResponse.of(status) for status in runner.statuses(context.actor)]
    return CursorPage([JobRunResponse.of(run) for run in runs], position, {"tasks": jobs})


@router.endpoint(
    "POST",
    "/api/admin/tasks/{name}/run",
    "Run a job",
    response=JobRunResponse,
    errors=(JobNotFound,),
    access=AccessLevel.OPERATOR,
)
def run_task(context: RequestContext[NoBody, NoQuery]) -> JobRunResponse:
    """Run a job immediately. Jobs can run at any time and as often as needed. The queue completes unfinished work."""
    audit = AuditContext(request_id=context.request.request_id)
    return JobRunResponse.of(get_container().job_admin.run(context.actor, context.path["name"], audit))
