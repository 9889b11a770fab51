"""Tables, queues, keys and the API of every stage."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from chalicelib.observability.metrics import NAMESPACE, SERVICE
from chalicelib.reporting.service.reconciliation import LEDGER_MISMATCHES
from chalicelib.transfers.service.notifications import REFUSED_NOTIFICATIONS
from chalicelib.transfers.service.statements import STATEMENT_DIFFERENCES
from infra import STAGES
from tests.integration.infra.conftest import Resources

_REWRITES = {
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
}


def test_tables_are_restorable_encrypted_and_protected(resources: Resources) -> None:
    for name, table in resources.tables().items():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}, name
        assert table["DeletionProtectionEnabled"] is True, name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


def test_deleted_stages_with_money_keep_tables_and_keys(stage: str, resources: Resources) -> None:
    kept = {
        name
        for name, resource in resources.by_id.items()
        if resource["Type"] in ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SecretsManager::Secret")
        and resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    }

    assert len(kept) == (0 if stage == "dev" else len(resources.tables()) + 2)


@pytest.mark.parametrize("name", ["ledger", "audit"])
def test_immutable_tables_deny_rewrites(resources: Resources, name: str) -> None:
    (statement,) = resources.tables()[name]["ResourcePolicy"]["PolicyDocument"]["Statement"]

    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert set(statement["Action"]) == _REWRITES


def test_dead_letters_and_throttled_tables_raise_alarms(resources: Resources) -> None:
    alarms = resources.of_type("AWS::CloudWatch::Alarm").values()
    watched = {json.dumps(alarm["Dimensions"]) for alarm in alarms}
    queues = [name for name in resources.of_type("AWS::SQS::Queue") if name.endswith("DeadLetters")]

    assert len(queues) == 6
    for queue in queues:
        assert json.dumps([{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]) in watched
    for table in resources.of_type("AWS::DynamoDB::Table"):
        assert json.dumps([{"Name": "TableName", "Value": {"Ref": table}}]) in watched


def test_messages_that_wait_too_long_raise_an_alarm(resources: Resources) -> None:
    alarms = resources.of_type("AWS::CloudWatch::Alarm").values()
    late = {json.dumps(alarm["Dimensions"]) for alarm in alarms if alarm["MetricName"].endswith("AgeOfOldestMessage")}
    queues = [name for name in resources.of_type("AWS::SQS::Queue") if name.endswith("Queue")]

    assert late == {
        json.dumps([{"Name": "QueueName", "Value": {"Fn::GetAtt": [name, "QueueName"]}}]) for name in queues
    }


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("LedgerMismatchAlarm", LEDGER_MISMATCHES),
        ("RefusedNotificationAlarm", REFUSED_NOTIFICATIONS),
        ("StatementDifferenceAlarm", STATEMENT_DIFFERENCES),
        ("GivenUpDeliveriesAlarm", "WebhookDeliveriesGivenUp"),
        ("FailedEmailsAlarm", "EmailsFailed"),
    ],
)
def test_counted_problems_raise_an_alarm(resources: Resources, name: str, metric: str) -> None:
    alarm = resources.by_id[name]["Properties"]

    assert (alarm["Namespace"], alarm["MetricName"]) == (NAMESPACE, metric)
    assert alarm["Dimensions"] == [{"Name": "service", "Value": SERVICE}, {"Name": "stage", "Value": {"Ref": "Stage"}}]


def test_template_names_its_own_stage(stage: str, resources: Resources) -> None:
    assert resources.template["Parameters"]["Stage"]["Default"] == stage
    assert resources.by_id["RestAPI"]["Properties"]["StageName"] == stage
    assert set(resources.template["Parameters"]["Stage"]["AllowedValues"]) == set(STAGES)


def test_production_has_cache_and_firewall(resources: Resources) -> None:
    stages = resources.template["Mappings"]["Stages"]

    assert stages["prod"] == {"Cache": "on", "Firewall": "on"}
    assert stages["dev"] == {"Cache": "off", "Firewall": "off"}


def test_gateway_errors_are_problem_documents(resources: Resources) -> None:
    responses = resources.gateway_responses()

    assert {"MISSING_AUTHENTICATION_TOKEN", "THROTTLED", "DEFAULT_4XX", "DEFAULT_5XX"} <= set(responses)
    for name, response in responses.items():
        document: dict[str, Any] = json.loads(response["responseTemplates"]["application/json"])
        assert set(document) == {"type", "title", "status", "detail", "instance", "code"}, name
        assert document["status"] == int(response["statusCode"]), name
        assert document["title"] == HTTPStatus(document["status"]).phrase, name
        assert document["type"] == f"urn:problem:{document['code'].replace('_', '-')}", name
        header = "gatewayresponse.header.Content-Type"
        assert response["responseParameters"][header] == "'application/problem+json'", name


def test_dashboard_shows_functions_tables_and_queues(resources: Resources) -> None:
    body = resources.by_id["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]

    json.loads(body)
    for name in (
        *resources.functions(),
        *resources.of_type("AWS::DynamoDB::Table"),
        *resources.of_type("AWS::SQS::Queue"),
    ):
        assert f"${{{name}}}" in body or f"${{{name}.QueueName}}" in body


def test_failing_or_slow_api_raises_alarms(resources: Resources) -> None:
    alarms = resources.of_type("AWS::CloudWatch::Alarm")
    of_the_api = [
        {"Name": "ApiName", "Value": {"Fn::Sub": "p2p-${Stage}"}},
        {"Name": "Stage", "Value": {"Ref": "Stage"}},
    ]

    for name, metric in (("ServerErrorsAlarm", "5XXError"), ("SlowAnswersAlarm", "Latency")):
        assert (alarms[name]["Namespace"], alarms[name]["MetricName"]) == ("AWS/ApiGateway", metric)
        assert alarms[name]["Dimensions"] == of_the_api
        assert alarms[name]["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert alarms["SlowAnswersAlarm"]["ExtendedStatistic"] == "p99"


def test_api_limits_requests_per_second(resources: Resources) -> None:
    (every_method,) = resources.by_id["RestAPI"]["Properties"]["MethodSettings"]

    assert (every_method["ResourcePath"], every_method["HttpMethod"]) == ("/*", "*")
    assert every_method["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert every_method["ThrottlingBurstLimit"] == {"Ref": "RequestBurst"}


def test_allowed_origin_can_read_gateway_errors(resources: Resources) -> None:
    allowed = {"Fn::If": ["HasCorsOrigin", {"Fn::Sub": "'${CorsOrigin}'"}, {"Ref": "AWS::NoValue"}]}

    for name, response in resources.gateway_responses().items():
        header = "gatewayresponse.header.Access-Control-Allow-Origin"
        assert response["responseParameters"][header] == allowed, name


def test_preflight_requests_are_answered_for_every_route(resources: Resources) -> None:
    allowed = {"Fn::If": ["HasCorsOrigin", {"Fn::Sub": "'${CorsOrigin}'"}, {"Ref": "AWS::NoValue"}]}
    paths = resources.by_id["RestAPI"]["Properties"]["DefinitionBody"]["paths"]

    for path, methods in paths.items():
        integration = methods["options"]["x-amazon-apigateway-integration"]
        headers = integration["responses"]["default"]["responseParameters"]
        listed = headers["method.response.header.Access-Control-Allow-Methods"].strip("'").split(", ")
        assert integration["type"] == "mock"
        assert headers["method.response.header.Access-Control-Allow-Origin"] == allowed
        assert {each.upper() for each in methods} == set(listed), path
        assert "Idempotency-Key" in headers["method.response.header.Access-Control-Allow-Headers"]
        assert {f"method.response.header.{name}" for name in methods["options"]["responses"]["200"]["headers"]} == set(
            headers
        )


def test_cache_connections_are_encrypted(resources: Resources) -> None:
    url = resources.template["Globals"]["Function"]["Environment"]["Variables"]["CACHE_URL"]["Fn::If"]

    assert url[0] == "HasCache"
    assert url[1]["Fn::Sub"].startswith("rediss://${ValkeyCache.Endpoint.Address}")
    assert url[2] == ""
    assert resources.by_id["ValkeyCache"]["Condition"] == "HasCache"


def test_ses_events_reach_the_feedback_queue(resources: Resources) -> None:
    destination = resources.by_id["MailEvents"]["Properties"]["EventDestination"]
    subscription = resources.by_id["MailSubscription"]["Properties"]
    [publish] = resources.by_id["MailTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    [receive] = resources.by_id["MailFeedbackQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert set(destination["MatchingEventTypes"]) == {"send", "delivery", "bounce", "complaint", "reject"}
    assert destination["SnsDestination"] == {"TopicARN": {"Ref": "MailTopic"}}
    assert subscription["Endpoint"] == {"Fn::GetAtt": ["MailFeedbackQueue", "Arn"]}
    assert subscription["RawMessageDelivery"] is True
    assert publish["Principal"] == {"Service": "ses.amazonaws.com"}
    assert publish["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert receive["Principal"] == {"Service": "sns.amazonaws.com"}
    assert receive["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "MailTopic"}}}


def test_stage_without_a_sender_sends_no_emails(resources: Resources) -> None:
    mail = [name for name, resource in resources.by_id.items() if resource.get("Condition") == "HasMail"]

    assert resources.template["Parameters"]["MailFrom"]["Default"] == ""
    assert {"MailConfiguration", "MailEvents", "MailTopic", "MailSubscription", "BounceRateAlarm"} <= set(mail)


def test_bounces_and_complaints_raise_alarms(resources: Resources) -> None:
    configuration = [{"Name": "ses:configuration-set", "Value": {"Fn::Sub": "p2p-${Stage}-mail"}}]

    for name, metric in (
        ("BounceRateAlarm", "Reputation.BounceRate"),
        ("ComplaintRateAlarm", "Reputation.ComplaintRate"),
    ):
        alarm = resources.by_id[name]["Properties"]
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SES", metric)
        assert alarm["Dimensions"] == configuration


def test_firewall_protects_the_api_stage(resources: Resources) -> None:
    association = resources.by_id["WebFirewallAssociation"]

    assert association["Condition"] == "HasFirewall"
    assert "/restapis/${RestAPI}/stages/${RestAPI.Stage}" in association["Properties"]["ResourceArn"]["Fn::Sub"]
