"""CloudWatch alarms for the functions, tables and queues of the template."""

from collections.abc import Mapping
from typing import Any, Final

Resource = dict[str, Any]

_NOTIFY: Final = [{"Ref": "AlarmTopic"}]
_FIVE_MINUTES: Final = 300
_HOUR: Final = 3600
_DAY: Final = 86_400
_WEEK_DAYS: Final = 7
_HOURS_BEFORE_MISSED: Final = 26
_OLD_RECORDS_MILLIS: Final = 300_000
_OLD_MESSAGES_SECONDS: Final = 600


def alarms_of(resources: Mapping[str, Resource]) -> dict[str, Resource]:
    """Return the alarms for a template's resources, by logical id."""
    alarms: dict[str, Resource] = {}
    for logical_id, resource in resources.items():
        match resource["Type"]:
            case "AWS::Serverless::Function":
                alarms |= _of_function(logical_id, resource)
            case "AWS::DynamoDB::Table":
                alarms |= _throttled_table(logical_id)
            case "AWS::SQS::Queue" if logical_id.endswith("DeadLetters"):
                alarms[f"{logical_id}Alarm"] = _dead_letters(logical_id)
            case "AWS::SQS::Queue":
                alarms[f"{logical_id}LateAlarm"] = _late_messages(logical_id)
    return alarms


def _of_function(name: str, function: Resource) -> dict[str, Resource]:
    alarms = {
        f"{name}ErrorsAlarm": _alarm(f"{name}-errors", f"{name} fails.", _lambda(name, "Errors"), 0),
        f"{name}ThrottlesAlarm": _alarm(f"{name}-throttles", f"{name} is throttled.", _lambda(name, "Throttles"), 0),
    }
    for event in (function["Properties"].get("Events") or {}).values():
        if event["Type"] == "DynamoDB":
            alarms[f"{name}LateAlarm"] = _late_stream(name)
        elif event["Type"] == "Schedule":
            alarms[f"{name}MissedAlarm"] = _missed(name, event["Properties"]["Schedule"])
    return alarms


def _late_stream(name: str) -> Resource:
    metric = _lambda(name, "IteratorAge", Statistic="Maximum")
    return _alarm(f"{name}-late", f"{name} is more than five minutes behind its table.", metric, _OLD_RECORDS_MILLIS)


def _missed(name: str, schedule: str) -> Resource:
    """Return an alarm on missing invocations. CloudWatch evaluates at most one week."""
    period, periods = _window(schedule)
    metric = _lambda(name, "Invocations", Period=period)
    alarm = _alarm(f"{name}-missed", f"{name} did not run on schedule ({schedule}).", metric, 1)
    alarm["Properties"].update(
        ComparisonOperator="LessThanThreshold",
        EvaluationPeriods=periods,
        DatapointsToAlarm=periods,
        TreatMissingData="breaching",
    )
    return alarm


def _window(schedule: str) -> tuple[int, int]:
    """Return the length in seconds and the number of periods, of which at least one must have an invocation."""
    if schedule == "rate(1 minute)":
        return _FIVE_MINUTES, 3
    if schedule == "rate(1 hour)":
        return _HOUR, 2
    weekly = schedule.startswith("cron(") and schedule.rstrip(")").split()[4] not in ("*", "?")
    return (_DAY, _WEEK_DAYS) if weekly else (_HOUR, _HOURS_BEFORE_MISSED)


def _throttled_table(table: str) -> dict[str, Resource]:
    return {
        f"{table}{kind}sThrottledAlarm": _alarm(
            f"{table}-{kind.lower()}s-throttled",
            f"DynamoDB throttles {kind.lower()}s of {table}.",
            {
                "Namespace": "AWS/DynamoDB",
                "MetricName": f"{kind}ThrottleEvents",
                "Dimensions": [{"Name": "TableName", "Value": {"Ref": table}}],
                "Statistic": "Sum",
                "Period": 60,
            },
            0,
        )
        for kind in ("Read", "Write")
    }


def _dead_letters(queue: str) -> Resource:
    metric = _queue(queue, "ApproximateNumberOfMessagesVisible", Period=60)
    return _alarm(f"{queue}-filled", f"{queue} contains messages, which are not retried automatically.", metric, 0)


def _late_messages(queue: str) -> Resource:
    metric = _queue(queue, "ApproximateAgeOfOldestMessage", Period=300)
    description = f"The oldest message in {queue} has waited for more than ten minutes."
    alarm = _alarm(f"{queue}-late", description, metric, _OLD_MESSAGES_SECONDS)
    alarm["Properties"]["EvaluationPeriods"] = 2
    return alarm


def _queue(queue: str, metric: str, **settings: Any) -> dict[str, Any]:
    return {
        "Namespace": "AWS/SQS",
        "MetricName": metric,
        "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}],
        "Statistic": "Maximum",
        **settings,
    }


def _lambda(function: str, metric: str, **settings: Any) -> dict[str, Any]:
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": function}}],
        "Statistic": "Sum",
        "Period": 60,
        **settings,
    }


def _alarm(name: str, description: str, metric: Mapping[str, Any], threshold: float) -> Resource:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": {"Fn::Sub": f"p2p-${{Stage}}-{name}"},
            "AlarmDescription": description,
            "AlarmActions": _NOTIFY,
            "OKActions": _NOTIFY,
            **metric,
            "EvaluationPeriods": 1,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        },
    }
