"""The audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from chalice.app import Blueprint

from chalicelib.admin.schemas import AuditEntryResponse, AuditList
from chalicelib.admin.service.audit_log import AuditPosition
from chalicelib.api.fields import ListQuery, NoBody
from chalicelib.api.routing import AccessLevel, RequestContext, endpoint
from chalicelib.container import get_container

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "GET",
    "/api/admin/audit",
    "What operators did, newest first",
    query=ListQuery,
    answer=AuditList,
    access=AccessLevel.OPERATOR,
)
def list_audit_entries(call: RequestContext[NoBody, ListQuery]) -> AuditList:
    """No call changes or deletes an entry. Pages may be short."""
    scope = f"admin-audit:{call.actor.user_id}"
    cursors = get_container().cursors
    position = _opened(cursors.open(scope, call.query.cursor)) if call.query.cursor else None
    page = get_container().audit_log.page(call.actor, limit=call.query.limit, position=position)
    return AuditList(
        items=[AuditEntryResponse.of(entry) for entry in page.entries],
        next_cursor=cursors.seal(scope, _sealed(page.position)) if page.position else None,
    )


def _sealed(position: AuditPosition) -> Mapping[str, Any]:
    return {"days": [str(position.day), str(position.first_day)], "before": position.before}


def _opened(key: Mapping[str, Any]) -> AuditPosition:
    day, first_day = map(date.fromisoformat, key["days"])
    return AuditPosition(day, first_day, key["before"])
