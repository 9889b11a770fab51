"""Every handler of app.py in the finished template of every stage."""

from __future__ import annotations

import re
from pathlib import Path

from chalicelib.shared import settings
from infra.handlers import API, Source, handlers
from tests.integration.infra.reading import Read

_SIX_TIMES = 6


def test_every_handler_is_a_function_and_every_function_a_handler(read: Read) -> None:
    assert set(read.functions()) == {handler.logical_id for handler in handlers()}


def test_every_function_has_a_role_of_its_own(read: Read) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in read.functions().values()]

    assert len(roles) == len(set(roles)) == len(handlers())


def test_somebody_is_told_when_a_function_fails_is_throttled_late_or_missed(read: Read) -> None:
    wanted = {Source.STREAM: {"IteratorAge"}, Source.SCHEDULE: {"Invocations"}}

    for handler in handlers():
        alarms = read.alarms_on(handler.logical_id)
        assert alarms == {"Errors", "Throttles"} | wanted.get(handler.source, set()), handler.name


def test_the_api_starts_from_a_snapshot_of_the_version_that_it_calls(read: Read) -> None:
    function = read.functions()["APIHandler"]
    paths = read.resources["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    integrations = [method["x-amazon-apigateway-integration"] for path in paths.values() for method in path.values()]
    called = {integration["uri"]["Fn::Sub"] for integration in integrations if "uri" in integration}

    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert function["AutoPublishAlias"] == "live"
    assert len(called) == 1
    assert "/functions/${APIHandlerAliaslive}/invocations" in called.pop()
    assert read.resources["APIHandlerInvokePermission"]["Properties"]["FunctionName"] == {"Ref": "APIHandler.Alias"}


def test_the_functions_run_on_arm(read: Read) -> None:
    assert {tuple(function["Architectures"]) for function in read.functions().values()} == {("arm64",)}


def test_logs_are_kept_for_seven_days_in_a_group_of_each_function(read: Read) -> None:
    groups = read.of_type("AWS::Logs::LogGroup")
    own = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in read.functions().values()]

    assert len(own) == len(set(own))
    assert {groups[name]["RetentionInDays"] for name in (*own, "AccessLogs")} == {7}


def test_records_follow_the_tables_that_app_py_names(read: Read) -> None:
    sources = {
        name: event["Properties"]["Stream"]["Fn::GetAtt"][0]
        for name, event in read.events()
        if event["Type"] == "DynamoDB"
    }

    assert sources == {
        handler.logical_id: f"{handler.of.capitalize()}Table"
        for handler in handlers()
        if handler.source is Source.STREAM
    }
    assert all("StreamSpecification" in read.resources[table]["Properties"] for table in sources.values())


def test_one_bad_record_neither_stops_a_stream_nor_gets_lost(read: Read) -> None:
    for _, event in read.events():
        if event["Type"] == "DynamoDB":
            assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            assert event["Properties"]["BisectBatchOnFunctionError"]
            assert event["Properties"]["StartingPosition"] == "TRIM_HORIZON"
            assert "OnFailure" in event["Properties"]["DestinationConfig"]


def test_a_message_stays_hidden_for_six_times_as_long_as_the_worker_may_take(read: Read) -> None:
    (worker,) = (name for name, event in read.events() if event["Type"] == "SQS")
    queue = read.resources["WorkQueue"]["Properties"]

    assert queue["VisibilityTimeout"] >= _SIX_TIMES * read.functions()[worker]["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["WorkDeadLetters", "Arn"]}


def test_a_scheduled_run_that_keeps_failing_is_left_behind_for_somebody_to_see(read: Read) -> None:
    scheduled = [handler for handler in handlers() if handler.source is Source.SCHEDULE]

    assert scheduled
    for handler in scheduled:
        after = read.functions()[handler.logical_id]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert after["Destination"] == {"Fn::GetAtt": ["JobDeadLetters", "Arn"]}


def test_the_environment_of_the_functions_is_one_that_the_settings_read(read: Read) -> None:
    given = set(read.template["Globals"]["Function"]["Environment"]["Variables"])
    text = Path(settings.__file__).read_text(encoding="utf-8")

    assert given - set(re.findall(r'"([A-Z_]{3,})"', text)) == {"PYDANTIC_DISABLE_PLUGINS"}


def test_no_handler_is_called_by_the_name_of_the_api() -> None:
    assert [handler.source for handler in handlers() if handler.name == API] == [Source.HTTP]
