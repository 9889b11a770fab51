"""All modules that declare calls of operators."""

from chalicelib.admin.routes import audit, cache, ledger, loans, people, reports, rescheduling, tasks

__all__ = ["audit", "cache", "ledger", "loans", "people", "reports", "rescheduling", "tasks"]
