"""Structured logs: JSON lines, without secrets and without personal data."""

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache

from aws_lambda_powertools import Logger

from chalicelib.observability import metrics

LOG_IDENTITY: ContextVar[Mapping[str, str] | None] = ContextVar("log_identity", default=None)
"""Fields of every log line in this context, such as the id of the request."""


@cache
def logger() -> Logger:
    """Return the logger of the process; LOG_LEVEL sets its level."""
    made = Logger(service=metrics.SERVICE, use_rfc3339=True)
    made.addFilter(_identify)
    return made


def raise_alarm(name: str, count: int) -> None:
    """Raise an alarm: an error line under a stable name, and a metric."""
    logger().error("alarm", extra={"alarm": name, "count": count})
    metrics.count(name, count)


def _identify(record: logging.LogRecord) -> bool:
    """Add the identifiers to a record; as a logging filter, accept every record."""
    for name, value in (LOG_IDENTITY.get() or {}).items():
        setattr(record, name, value)
    return True
