"""The functions of app.py's handlers in the template of every stage."""

import dataclasses

from chalicelib.jobs.schedule import QUEUES, STREAMS
from chalicelib.shared import settings
from infra.handlers import API, Source, handlers, logical_id_of
from infra.policies import queue_id
from tests.integration.infra.conftest import Resources


def test_handlers_and_functions_correspond(resources: Resources) -> None:
    assert set(resources.functions()) == {handler.logical_id for handler in handlers()}


def test_every_function_has_its_own_role(resources: Resources) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in resources.functions().values()]

    assert len(roles) == len(set(roles)) == len(handlers())


def test_failing_late_or_missed_functions_raise_alarms(resources: Resources) -> None:
    wanted = {Source.STREAM: {"IteratorAge"}, Source.SCHEDULE: {"Invocations"}}

    for handler in handlers():
        alarms = resources.alarms_on(handler.logical_id)
        assert alarms == {"Errors", "Throttles"} | wanted.get(handler.source, set()), handler.name


def test_api_invokes_the_snapshot_version(resources: Resources) -> None:
    function = resources.functions()["APIHandler"]
    paths = resources.by_id["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    integrations = [method["x-amazon-apigateway-integration"] for path in paths.values() for method in path.values()]
    called = {integration["uri"]["Fn::Sub"] for integration in integrations if "uri" in integration}

    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert function["AutoPublishAlias"] == "live"
    assert len(called) == 1
    assert "/functions/${APIHandlerAliaslive}/invocations" in called.pop()
    assert resources.by_id["APIHandlerInvokePermission"]["Properties"]["FunctionName"] == {"Ref": "APIHandler.Alias"}


def test_functions_run_on_arm(resources: Resources) -> None:
    assert {tuple(function["Architectures"]) for function in resources.functions().values()} == {("arm64",)}


def test_logs_of_each_function_are_kept_seven_days(resources: Resources) -> None:
    groups = resources.of_type("AWS::Logs::LogGroup")
    own = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in resources.functions().values()]

    assert len(own) == len(set(own))
    assert {groups[name]["RetentionInDays"] for name in (*own, "AccessLogs")} == {7}


def test_streams_invoke_the_handlers_of_app_py(resources: Resources) -> None:
    sources = {name: event["Stream"]["Fn::GetAtt"][0] for name, event in resources.events("DynamoDB")}

    assert sources == {
        handler.logical_id: f"{handler.of.capitalize()}Table"
        for handler in handlers()
        if handler.source is Source.STREAM
    }
    assert all("StreamSpecification" in resources.by_id[table]["Properties"] for table in sources.values())


def test_bad_record_neither_stops_a_stream_nor_disappears(resources: Resources) -> None:
    for _, event in resources.events("DynamoDB"):
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert event["BisectBatchOnFunctionError"]
        assert event["StartingPosition"] == "TRIM_HORIZON"
        assert "OnFailure" in event["DestinationConfig"]


def test_messages_stay_hidden_for_six_worker_timeouts(resources: Resources) -> None:
    functions = resources.functions()

    for worker, event in resources.events("SQS"):
        queue = event["Queue"]["Fn::GetAtt"][0]
        settings = resources.by_id[queue]["Properties"]
        assert settings["VisibilityTimeout"] >= 6 * functions[worker]["Timeout"]
        dead_letters = settings["RedrivePolicy"]["deadLetterTargetArn"]
        assert dead_letters == {"Fn::GetAtt": [f"{queue.removesuffix('Queue')}DeadLetters", "Arn"]}
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_queue_function_reads_its_own_queue(resources: Resources) -> None:
    read = {worker: event["Queue"]["Fn::GetAtt"][0] for worker, event in resources.events("SQS")}
    concurrency = {worker: event["ScalingConfig"] for worker, event in resources.events("SQS")}

    assert read == {logical_id_of(each.name): queue_id(each.source) for each in QUEUES}
    assert concurrency == {logical_id_of(each.name): {"MaximumConcurrency": each.max_concurrency} for each in QUEUES}


def test_delivery_message_is_one_endpoint(resources: Resources) -> None:
    [delivery] = [event for worker, event in resources.events("SQS") if worker == "Deliveries"]

    assert delivery["BatchSize"] == 1


def test_functions_that_call_the_internet_run_outside_the_network(resources: Resources) -> None:
    functions = resources.functions()
    outside = {logical_id_of(each.name) for each in (*QUEUES, *STREAMS) if each.calls_internet}

    assert {name for name in outside if not name.endswith("Derived")} == {"Deliveries", "Emails"}
    assert {name for name, function in functions.items() if "VpcConfig" not in function} == outside
    for name in outside:
        role = resources.by_id[functions[name]["Role"]["Fn::GetAtt"][0]]["Properties"]
        assert functions[name]["Environment"]["Variables"]["CACHE_URL"] == ""
        assert "ManagedPolicyArns" not in role


def test_links_in_emails_lead_to_the_api_by_default(resources: Resources) -> None:
    address = resources.functions()["Emails"]["Environment"]["Variables"]["PUBLIC_URL"]["Fn::If"]

    assert address[:2] == ["HasPublicUrl", {"Ref": "PublicUrl"}]
    assert address[2]["Fn::Sub"].startswith("https://${RestAPI}.execute-api.")


def test_failed_scheduled_runs_become_dead_letters(resources: Resources) -> None:
    scheduled = [handler for handler in handlers() if handler.source is Source.SCHEDULE]

    assert scheduled
    for handler in scheduled:
        after = resources.functions()[handler.logical_id]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert after["Destination"] == {"Fn::GetAtt": ["JobDeadLetters", "Arn"]}


def test_settings_read_every_environment_variable(resources: Resources) -> None:
    given = set(resources.template["Globals"]["Function"]["Environment"]["Variables"])
    fields = {field.name.upper() for field in dataclasses.fields(settings.Settings)}

    assert given - fields - set(settings._VARIABLES.values()) == {"PYDANTIC_DISABLE_PLUGINS"}


def test_only_the_api_has_its_handler_name() -> None:
    assert [handler.source for handler in handlers() if handler.name == API] == [Source.HTTP]
