"""Metrics of one invocation: counted where things happen, written as one line of Embedded Metric Format at its end.

Source: the CloudWatch Embedded Metric Format specification (a log line from which CloudWatch makes metrics).
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.common.settings import LOCAL_STAGE

NAMESPACE: Final = "P2PLending"
SERVICE: Final = "p2p"
_TALLY: ContextVar[Counter[str] | None] = ContextVar("metrics_tally", default=None)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What was invoked, and how it ended. ``kind`` and ``name`` are a dimension: `route`, or `function`."""

    kind: str
    name: str
    request_id: str
    milliseconds: float
    failed: bool


def count(name: str, amount: int = 1) -> None:
    """Count towards a metric of the invocation that runs now; nothing outside of one."""
    tally = _TALLY.get()
    if tally is not None:
        tally[name] += amount


@contextmanager
def tallied() -> Iterator[Counter[str]]:
    """Collect what this context counts."""
    tally: Counter[str] = Counter()
    token = _TALLY.set(tally)
    try:
        yield tally
    finally:
        _TALLY.reset(token)


def are_on() -> bool:
    """Whether lines are written: METRICS says so, else everywhere but on a laptop."""
    given = os.environ.get("METRICS", "")
    return given == "on" if given else os.environ.get("STAGE", LOCAL_STAGE) != LOCAL_STAGE


def emit(invocation: Invocation, tally: Mapping[str, int]) -> None:
    """Write the invocation's metrics as one line to the standard output, from which CloudWatch reads them."""
    if are_on():
        sys.stdout.write(json.dumps(_line(invocation, tally), separators=(",", ":")) + "\n")
        sys.stdout.flush()


def _line(invocation: Invocation, tally: Mapping[str, int]) -> dict[str, Any]:
    """All metrics by service and stage; those of the invocation itself by route or function as well.

    A route is no dimension of the rest: each combination of dimensions is a metric that is paid for.
    """
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    metrics.add_dimension("stage", os.environ.get("STAGE", LOCAL_STAGE))
    metrics.add_metadata(invocation.kind, invocation.name)
    metrics.add_metadata("request_id", invocation.request_id)
    of_it = "Request" if invocation.kind == "route" else "Event"
    metrics.add_metric(f"{of_it}s", MetricUnit.Count, 1)
    metrics.add_metric(f"{of_it}Errors", MetricUnit.Count, int(invocation.failed))
    metrics.add_metric(f"{of_it}Latency", MetricUnit.Milliseconds, round(invocation.milliseconds, 1))
    line: dict[str, Any] = {**metrics.serialize_metric_set()}
    own = line["_aws"]["CloudWatchMetrics"][0]
    line["_aws"]["CloudWatchMetrics"].append({**own, "Dimensions": [["service", "stage", invocation.kind]]})
    own["Metrics"] = [*own["Metrics"], *({"Name": name, "Unit": MetricUnit.Count.value} for name in tally)]
    return {**line, **tally}
