"""The audit log."""

from typing import Final

from chalicelib.admin.schemas import AuditEntryResponse, AuditList
from chalicelib.admin.service.audit_log import AuditPosition
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import ListQuery, NoBody
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/admin/audit",
    "List audit log entries",
    query=ListQuery,
    response=AuditList,
    paginated=AuditPosition,
    access=AccessLevel.OPERATOR,
)
def list_audit_entries(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List operators' actions and views, refused requests and failed sign-ins, newest first.

    Entries cannot be changed or deleted. Views, refusals and failed sign-ins expire after the retention period.

    A page may have fewer items than `limit`.
    """
    page = get_container().audit_log.page(context.actor, limit=context.query.limit, position=context.position)
    return CursorPage([AuditEntryResponse.of(entry) for entry in page.entries], page.position)
