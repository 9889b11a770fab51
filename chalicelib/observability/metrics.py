"""Metrics of an invocation: counted while it runs, written at its end as one line of Embedded Metric Format.

Source: the CloudWatch Embedded Metric Format specification (a log line from which CloudWatch makes metrics).
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from chalicelib.shared.settings import LOCAL_STAGE

NAMESPACE: Final = "P2PLending"
SERVICE: Final = "p2p"
_SUBJECTS: Final = {"route": "Request", "function": "Event"}
TALLY: ContextVar[Counter[str] | None] = ContextVar("metrics_tally", default=None)
"""Counts of the invocation that runs in this context."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """An invocation and its outcome. ``kind`` and ``name`` are a dimension: `route`, or `function`."""

    kind: str
    name: str
    request_id: str
    milliseconds: float
    failed: bool


def count(name: str, amount: int = 1) -> None:
    """Add to a metric of the current invocation; nothing happens outside of one."""
    tally = TALLY.get()
    if tally is not None:
        tally[name] += amount


def are_on() -> bool:
    """Return True if metrics are written: as METRICS says, by default everywhere except on a laptop."""
    given = os.environ.get("METRICS", "")
    return given == "on" if given else os.environ.get("STAGE", LOCAL_STAGE) != LOCAL_STAGE


def emit(invocation: Invocation, tally: Mapping[str, int]) -> None:
    """Write the invocation's metrics as one line to the standard output, which CloudWatch reads."""
    if are_on():
        sys.stdout.write(json.dumps(_line(invocation, tally), separators=(",", ":")) + "\n")
        sys.stdout.flush()


def _line(invocation: Invocation, tally: Mapping[str, int]) -> dict[str, Any]:
    of_it = _SUBJECTS[invocation.kind]
    pattern = _pattern(invocation.kind, os.environ.get("STAGE", LOCAL_STAGE))
    of_all, of_kind = pattern["_aws"]["CloudWatchMetrics"]
    counted = [*of_all["Metrics"], *({"Name": name, "Unit": "Count"} for name in tally)]
    return {
        **pattern,
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [{**of_all, "Metrics": counted}, of_kind],
        },
        invocation.kind: invocation.name,
        "request_id": invocation.request_id,
        f"{of_it}s": 1,
        f"{of_it}Errors": int(invocation.failed),
        f"{of_it}Latency": round(invocation.milliseconds, 1),
        **tally,
    }


@cache
def _pattern(kind: str, stage: str) -> dict[str, Any]:
    """Return a line as Powertools writes it: metrics by service and stage, those of the invocation also by its kind.

    Other metrics do not have the route as a dimension, because each combination of dimensions is billed as a metric.
    The line is cached, because building it takes longer than many requests.
    """
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    metrics.add_dimension("stage", stage)
    metrics.add_metric(f"{_SUBJECTS[kind]}s", MetricUnit.Count, 1)
    metrics.add_metric(f"{_SUBJECTS[kind]}Errors", MetricUnit.Count, 0)
    metrics.add_metric(f"{_SUBJECTS[kind]}Latency", MetricUnit.Milliseconds, 0)
    line: dict[str, Any] = {**metrics.serialize_metric_set()}
    [of_all] = line["_aws"]["CloudWatchMetrics"]
    line["_aws"]["CloudWatchMetrics"] = [of_all, {**of_all, "Dimensions": [["service", "stage", kind]]}]
    return line
