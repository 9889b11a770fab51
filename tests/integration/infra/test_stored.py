"""Tables, queues, keys and the API of every stage."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest

from chalicelib.observability.metrics import NAMESPACE, SERVICE
from chalicelib.reporting.service.reconciliation import LEDGER_MISMATCHES
from infra import STAGES
from tests.integration.infra.reading import Read

_IMMUTABLE = ("ledger", "audit")
_REWRITES = {
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
}


def test_every_table_can_be_restored_is_encrypted_and_cannot_be_deleted_by_accident(read: Read) -> None:
    for name, table in read.tables().items():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}, name
        assert table["DeletionProtectionEnabled"] is True, name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


def test_a_stage_that_holds_money_leaves_its_tables_and_keys_behind_when_it_goes(stage: str, read: Read) -> None:
    kept = {
        name
        for name, resource in read.resources.items()
        if resource["Type"] in ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SecretsManager::Secret")
        and resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    }

    assert len(kept) == (0 if stage == "dev" else len(read.tables()) + 2)


@pytest.mark.parametrize("name", _IMMUTABLE)
def test_the_table_itself_refuses_to_change_what_was_written(read: Read, name: str) -> None:
    (statement,) = read.tables()[name]["ResourcePolicy"]["PolicyDocument"]["Statement"]

    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert set(statement["Action"]) == _REWRITES


def test_somebody_is_told_of_dead_letters_and_of_throttled_tables(read: Read) -> None:
    alarms = read.of_type("AWS::CloudWatch::Alarm").values()
    watched = {json.dumps(alarm["Dimensions"]) for alarm in alarms}
    queues = [name for name in read.of_type("AWS::SQS::Queue") if name.endswith("DeadLetters")]

    assert len(queues) == 3
    for queue in queues:
        assert json.dumps([{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]) in watched
    for table in read.of_type("AWS::DynamoDB::Table"):
        assert json.dumps([{"Name": "TableName", "Value": {"Ref": table}}]) in watched


def test_somebody_is_told_when_the_ledger_and_the_balances_differ(read: Read) -> None:
    alarm = read.resources["LedgerMismatchAlarm"]["Properties"]

    assert (alarm["Namespace"], alarm["MetricName"]) == (NAMESPACE, LEDGER_MISMATCHES)
    assert alarm["Dimensions"] == [{"Name": "service", "Value": SERVICE}, {"Name": "stage", "Value": {"Ref": "Stage"}}]


def test_the_stage_of_a_template_is_its_own(stage: str, read: Read) -> None:
    assert read.template["Parameters"]["Stage"]["Default"] == stage
    assert read.resources["RestAPI"]["Properties"]["StageName"] == stage
    assert set(read.template["Parameters"]["Stage"]["AllowedValues"]) == set(STAGES)


def test_the_cache_and_the_firewall_are_on_where_real_money_is(read: Read) -> None:
    stages = read.template["Mappings"]["Stages"]

    assert stages["prod"] == {"Cache": "on", "Firewall": "on"}
    assert stages["dev"] == {"Cache": "off", "Firewall": "off"}


def test_what_the_gateway_refuses_by_itself_is_a_problem_document(read: Read) -> None:
    responses = read.resources["RestAPI"]["Properties"]["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]

    assert {"MISSING_AUTHENTICATION_TOKEN", "THROTTLED", "DEFAULT_4XX", "DEFAULT_5XX"} <= set(responses)
    for name, response in responses.items():
        document: dict[str, Any] = json.loads(response["responseTemplates"]["application/json"])
        assert set(document) == {"type", "title", "status", "detail", "instance", "code"}, name
        assert document["status"] == int(response["statusCode"]), name
        assert document["title"] == HTTPStatus(document["status"]).phrase, name
        assert document["type"] == f"urn:problem:{document['code'].replace('_', '-')}", name
        header = "gatewayresponse.header.Content-Type"
        assert response["responseParameters"][header] == "'application/problem+json'", name


def test_the_dashboard_shows_every_function_table_and_queue(read: Read) -> None:
    body = read.resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]

    json.loads(body)
    for name in (*read.functions(), *read.of_type("AWS::DynamoDB::Table"), *read.of_type("AWS::SQS::Queue")):
        assert f"${{{name}}}" in body or f"${{{name}.QueueName}}" in body


def test_somebody_is_told_when_the_api_fails_or_is_slow(read: Read) -> None:
    alarms = read.of_type("AWS::CloudWatch::Alarm")
    of_the_api = [
        {"Name": "ApiName", "Value": {"Fn::Sub": "p2p-${Stage}"}},
        {"Name": "Stage", "Value": {"Ref": "Stage"}},
    ]

    for name, metric in (("ServerErrorsAlarm", "5XXError"), ("SlowAnswersAlarm", "Latency")):
        assert (alarms[name]["Namespace"], alarms[name]["MetricName"]) == ("AWS/ApiGateway", metric)
        assert alarms[name]["Dimensions"] == of_the_api
        assert alarms[name]["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert alarms["SlowAnswersAlarm"]["ExtendedStatistic"] == "p99"


def test_the_api_takes_so_many_requests_a_second_and_no_more(read: Read) -> None:
    (every_method,) = read.resources["RestAPI"]["Properties"]["MethodSettings"]

    assert (every_method["ResourcePath"], every_method["HttpMethod"]) == ("/*", "*")
    assert every_method["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert every_method["ThrottlingBurstLimit"] == {"Ref": "RequestBurst"}


def test_a_page_of_the_allowed_origin_can_read_what_the_gateway_refuses(read: Read) -> None:
    responses = read.resources["RestAPI"]["Properties"]["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
    allowed = {"Fn::If": ["HasCorsOrigin", {"Fn::Sub": "'${CorsOrigin}'"}, {"Ref": "AWS::NoValue"}]}

    for name, response in responses.items():
        header = "gatewayresponse.header.Access-Control-Allow-Origin"
        assert response["responseParameters"][header] == allowed, name


def test_the_functions_talk_to_the_cache_encrypted_and_only_where_there_is_one(read: Read) -> None:
    url = read.template["Globals"]["Function"]["Environment"]["Variables"]["CACHE_URL"]["Fn::If"]

    assert url[0] == "HasCache"
    assert url[1]["Fn::Sub"].startswith("rediss://${ValkeyCache.Endpoint.Address}")
    assert url[2] == ""
    assert read.resources["ValkeyCache"]["Condition"] == "HasCache"


def test_the_firewall_stands_before_the_stage(read: Read) -> None:
    association = read.resources["WebFirewallAssociation"]

    assert association["Condition"] == "HasFirewall"
    assert "/restapis/${RestAPI}/stages/${RestAPI.Stage}" in association["Properties"]["ResourceArn"]["Fn::Sub"]
