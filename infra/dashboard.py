"""CloudWatch dashboard of a stage: symptoms at the top, possible causes below."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.observability.metrics import NAMESPACE, SERVICE

Resource = dict[str, Any]
Metric = list[Any]

_WIDTH: Final = 8
_HEIGHT: Final = 6
_COLUMNS: Final = 3
_API: Final = ["ApiName", "p2p-${Stage}", "Stage", "${Stage}"]


def dashboard_of(resources: Mapping[str, Resource]) -> Resource:
    """Return the dashboard for the functions, tables and queues of a template."""
    functions = _ids(resources, "AWS::Serverless::Function")
    tables = _ids(resources, "AWS::DynamoDB::Table")
    queues = _ids(resources, "AWS::SQS::Queue")
    waiting = [name for name in queues if not name.endswith("DeadLetters")]
    streams = [name for name in functions if _follows_a_stream(resources[name])]
    charts = [
        _chart("Requests", [_api("Count", "Sum")]),
        _chart("Server errors (5xx) and client errors (4xx)", [_api("5XXError", "Sum"), _api("4XXError", "Sum")]),
        _chart("Latency in ms", [_api("Latency", f"p{part}") for part in (50, 90, 99)]),
        _chart("Function errors", [_lambda("Errors", name, "Sum") for name in functions]),
        _chart("Function duration, p99 in ms", [_lambda("Duration", name, "p99") for name in functions]),
        _chart("Concurrent executions", [_lambda("ConcurrentExecutions", name, "Maximum") for name in functions]),
        _chart("Write units", [_table("ConsumedWriteCapacityUnits", name) for name in tables]),
        _chart("Read units", [_table("ConsumedReadCapacityUnits", name) for name in tables]),
        _chart(
            "Throttled requests to DynamoDB",
            [_table(f"{kind}ThrottleEvents", name) for kind in ("Read", "Write") for name in tables],
        ),
        _chart("Age of stream records in ms", [_lambda("IteratorAge", name, "Maximum") for name in streams]),
        _chart("Messages waiting", [_queue("ApproximateNumberOfMessagesVisible", name) for name in queues]),
        _chart("Age of the oldest message in s", [_queue("ApproximateAgeOfOldestMessage", name) for name in waiting]),
        _chart("Loans and payments", [_own(name) for name in ("LoansRequested", "LoansFunded", "LoanPayments")]),
        _chart("Deposits and withdrawals", [_own(name) for name in ("Deposits", "Withdrawals")]),
        _chart("Job runs and reconciliation", [_own(name) for name in ("TaskRuns", "TaskErrors", "LedgerMismatches")]),
        _chart(
            "Webhook deliveries",
            [_own(f"Webhook{name}") for name in ("DeliveriesSucceeded", "AttemptsFailed", "DeliveriesGivenUp")],
        ),
        _chart(
            "Emails",
            [_own(f"Email{name}") for name in ("sSent", "sFailed", "sSuppressed", "Bounces", "Complaints")],
        ),
        _chart("Cache", [_own(f"Cache{name}") for name in ("Hits", "Misses", "Errors", "Invalidations")]),
        _chart("Requests over a rate limit", [_own("Throttled")]),
    ]
    body = json.dumps(
        {"widgets": [_placed(number, chart) for number, chart in enumerate(charts)]}, separators=(",", ":")
    )
    properties = {"DashboardName": {"Fn::Sub": "p2p-${Stage}"}, "DashboardBody": {"Fn::Sub": body}}
    return {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}


def _ids(resources: Mapping[str, Resource], kind: str) -> list[str]:
    return sorted(logical_id for logical_id, resource in resources.items() if resource["Type"] == kind)


def _follows_a_stream(function: Resource) -> bool:
    return any(event["Type"] == "DynamoDB" for event in (function["Properties"].get("Events") or {}).values())


def _placed(number: int, chart: dict[str, Any]) -> dict[str, Any]:
    row, column = divmod(number, _COLUMNS)
    return {"type": "metric", "x": column * _WIDTH, "y": row * _HEIGHT, "width": _WIDTH, "height": _HEIGHT, **chart}


def _chart(title: str, metrics: Sequence[Metric]) -> dict[str, Any]:
    look = {"view": "timeSeries", "stacked": False, "region": "${AWS::Region}", "period": 300}
    return {"properties": {"title": title, "metrics": list(metrics), **look}}


def _api(metric: str, statistic: str) -> Metric:
    return ["AWS/ApiGateway", metric, *_API, {"stat": statistic, "label": f"{metric} {statistic}"}]


def _own(metric: str) -> Metric:
    return [NAMESPACE, metric, "service", SERVICE, "stage", "${Stage}", {"stat": "Sum", "label": metric}]


def _lambda(metric: str, function: str, statistic: str) -> Metric:
    return ["AWS/Lambda", metric, "FunctionName", f"${{{function}}}", {"stat": statistic, "label": function}]


def _table(metric: str, table: str) -> Metric:
    return ["AWS/DynamoDB", metric, "TableName", f"${{{table}}}", {"stat": "Sum", "label": table}]


def _queue(metric: str, queue: str) -> Metric:
    return ["AWS/SQS", metric, "QueueName", f"${{{queue}.QueueName}}", {"stat": "Maximum", "label": queue}]
