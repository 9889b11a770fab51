"""The audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from chalicelib.admin.routes.blueprint import admin
from chalicelib.admin.schemas import AuditAnswer, AuditList
from chalicelib.admin.service import AuditPosition
from chalicelib.common.api import Access, Call, endpoint
from chalicelib.common.fields import ListQuery, NoBody
from chalicelib.wiring import platform


@endpoint(
    admin,
    "GET",
    "/api/admin/audit",
    "What operators did, newest first",
    query=ListQuery,
    answer=AuditList,
    access=Access.OPERATOR,
)
def list_audit_entries(call: Call[NoBody, ListQuery]) -> AuditList:
    """No call changes or deletes an entry. Pages may be short."""
    scope = f"admin-audit:{call.actor.user_id}"
    cursors = platform().cursors
    position = _opened(cursors.open(scope, call.query.cursor)) if call.query.cursor else None
    page = platform().admin.trail.page(call.actor, limit=call.query.limit, position=position)
    return AuditList(
        items=[AuditAnswer.of(entry) for entry in page.entries],
        next_cursor=cursors.seal(scope, _sealed(page.position)) if page.position else None,
    )


def _sealed(position: AuditPosition) -> Mapping[str, Any]:
    return {"days": [str(position.day), str(position.first_day)], "before": position.before}


def _opened(key: Mapping[str, Any]) -> AuditPosition:
    day, first_day = map(date.fromisoformat, key["days"])
    return AuditPosition(day, first_day, key["before"])
