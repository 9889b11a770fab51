"""The one blueprint that the operators' calls are declared on. Their modules are read when the first operator comes."""

from __future__ import annotations

from typing import Final

from chalicelib.common.late_calls import LateBlueprint

_CALLS: Final = (
    ("GET", "/api/admin/audit"),
    ("GET", "/api/admin/cache"),
    ("POST", "/api/admin/cache/invalidate"),
    ("GET", "/api/admin/ledger/trial-balance"),
    ("GET", "/api/admin/ledger/accounts/{id}"),
    ("GET", "/api/admin/loans"),
    ("GET", "/api/admin/loans/{id}"),
    ("POST", "/api/admin/loans/{id}/reschedule"),
    ("GET", "/api/admin/users"),
    ("POST", "/api/admin/users/{id}/freeze"),
    ("POST", "/api/admin/users/{id}/unfreeze"),
    ("GET", "/api/admin/reports/{kind}"),
    ("GET", "/api/admin/reports/{kind}/days"),
    ("GET", "/api/admin/reports/{kind}/latest"),
    ("GET", "/api/admin/tasks"),
    ("POST", "/api/admin/tasks/{name}/run"),
)


def _read() -> None:
    from chalicelib.admin.routes import calls  # noqa: F401 - it declares them


admin = LateBlueprint(__name__, _CALLS, _read)
