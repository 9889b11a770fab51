"""Structured logs: one JSON line per request, without secrets and without personal data."""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """The one logger; its level comes from LOG_LEVEL."""
    return Logger(service="p2p", use_rfc3339=True)


def raise_alarm(name: str, count: int) -> None:
    """Tell that something is wrong which nobody may overlook: an error line under a stable name."""
    logger().error("alarm", extra={"alarm": name, "count": count})
