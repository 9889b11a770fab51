"""The operators' calls of the API, on one blueprint."""

from chalicelib.admin.routes import audit, cache, ledger, loans, people, reports, rescheduling, tasks
from chalicelib.admin.routes.blueprint import admin

__all__ = ["admin", "audit", "cache", "ledger", "loans", "people", "reports", "rescheduling", "tasks"]
