"""Alarms on missed runs of scheduled jobs."""

from typing import Any

import pytest

from infra.alarms import alarms_of
from infra.handlers import Source, handlers

_LONGEST_LOOK_BACK_SECONDS = 7 * 86_400


def _missed(schedule: str) -> dict[str, Any]:
    event = {"Type": "Schedule", "Properties": {"Schedule": schedule}}
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Events": {"Event": event}}}
    properties: dict[str, Any] = alarms_of({"Task": function})["TaskMissedAlarm"]["Properties"]
    return properties


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [("rate(1 minute)", 0.25), ("rate(1 hour)", 2), ("cron(30 0 * * ? *)", 26), ("cron(0 4 ? * 1 *)", 168)],
)
def test_missed_run_raises_an_alarm_after_grace(schedule: str, hours: float) -> None:
    alarm = _missed(schedule)

    assert alarm["Period"] * alarm["EvaluationPeriods"] == hours * 3600
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"


def test_alarm_periods_stay_within_cloudwatch_limits() -> None:
    schedules = [handler.of for handler in handlers() if handler.source is Source.SCHEDULE]

    assert schedules
    for schedule in schedules:
        alarm = _missed(schedule)
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= _LONGEST_LOOK_BACK_SECONDS
