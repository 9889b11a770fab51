"""Finishes the template that `chalice package` merges: what Chalice has no word for, for every handler of app.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.alarms import alarms_of
from infra.dashboard import dashboard_of

Template = dict[str, Any]
Resource = dict[str, Any]

LOG_DAYS: Final = 7
_FUNCTION: Final = "AWS::Serverless::Function"
_TABLE: Final = "AWS::DynamoDB::Table"
_QUEUE: Final = "AWS::SQS::Queue"
_STAGE_MARK: Final = "p2p-${Stage}-"
_STREAM: Final[Mapping[str, Any]] = {
    # A new table's first records count too, so a mapping begins with the oldest.
    "StartingPosition": "TRIM_HORIZON",
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "BisectBatchOnFunctionError": True,
    "MaximumRetryAttempts": 20,
    "MaximumRecordAgeInSeconds": 43_200,
    "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["StreamDeadLetters", "Arn"]}}},
}
_MESSAGES: Final[Mapping[str, Any]] = {
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "ScalingConfig": {"MaximumConcurrency": 20},
}
_AFTER_A_FAILED_RUN: Final[Mapping[str, Any]] = {
    "MaximumRetryAttempts": 2,
    "MaximumEventAgeInSeconds": 3600,
    "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["JobDeadLetters", "Arn"]}}},
}
_NETWORK_POLICY: Final = {
    "Fn::If": [
        "HasCache",
        [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaENIManagementAccess"}],
        {"Ref": "AWS::NoValue"},
    ]
}


class NotInTheTemplate(Exception):
    """app.py follows a table or a queue that the template does not have."""


def finish(template: Template, stage: str) -> Template:
    """Give every function its sources, log group and alarms, and the stage its dashboard. Changes and returns it."""
    resources: dict[str, Resource] = template["Resources"]
    template["Parameters"]["Stage"]["Default"] = stage
    for logical_id, function in list(_of_type(resources, _FUNCTION)):
        _log_to_a_group_of_its_own(resources, logical_id, function)
        for event in (function["Properties"].get("Events") or {}).values():
            _connect(resources, function, event)
    for _, role in _of_type(resources, "AWS::IAM::Role"):
        if "Policies" in role["Properties"]:
            role["Properties"]["ManagedPolicyArns"] = _NETWORK_POLICY
    _call_the_alias(template)
    resources.update(alarms_of(resources))
    resources["Dashboard"] = dashboard_of(resources)
    if stage == "dev":
        _keep_nothing(resources)
    return template


def _of_type(resources: Mapping[str, Resource], kind: str) -> Iterator[tuple[str, Resource]]:
    yield from ((logical_id, resource) for logical_id, resource in resources.items() if resource.get("Type") == kind)


def _log_to_a_group_of_its_own(resources: dict[str, Resource], logical_id: str, function: Resource) -> None:
    resources[f"{logical_id}Logs"] = {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": {"LogGroupName": {"Fn::Sub": f"/p2p/${{Stage}}/{logical_id}"}, "RetentionInDays": LOG_DAYS},
    }
    function["Properties"]["LoggingConfig"] = {"LogFormat": "JSON", "LogGroup": {"Ref": f"{logical_id}Logs"}}


def _connect(resources: Mapping[str, Resource], function: Resource, event: Resource) -> None:
    """Put the real source in place of the dummy that app.py names, and say what becomes of failures."""
    properties = event["Properties"]
    match event["Type"]:
        case "DynamoDB":
            table = _named(resources, _TABLE, "TableName", properties["Stream"].split("/")[1])
            properties.update(_STREAM, Stream={"Fn::GetAtt": [table, "StreamArn"]})
        case "SQS":
            queue = _named(resources, _QUEUE, "QueueName", properties["Queue"].rpartition(":")[2])
            properties.update(_MESSAGES, Queue={"Fn::GetAtt": [queue, "Arn"]})
        case "Schedule":
            function["Properties"]["EventInvokeConfig"] = dict(_AFTER_A_FAILED_RUN)


def _named(resources: Mapping[str, Resource], kind: str, attribute: str, name: str) -> str:
    for logical_id, resource in _of_type(resources, kind):
        if resource["Properties"].get(attribute) == {"Fn::Sub": _STAGE_MARK + name}:
            return logical_id
    raise NotInTheTemplate(f"{kind} {name}")


def _call_the_alias(template: Template) -> None:
    """Let the API call the published version, the only one that starts from a snapshot."""
    for path in template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"].values():
        for method in path.values():
            uri = method.get("x-amazon-apigateway-integration", {}).get("uri")
            if uri:
                uri["Fn::Sub"] = uri["Fn::Sub"].replace("${APIHandler.Arn}", "${APIHandlerAliaslive}")


def _keep_nothing(resources: Mapping[str, Resource]) -> None:
    """A development stage goes away whole."""
    for logical_id, resource in resources.items():
        if not _belongs_to_the_account(logical_id) and resource.get("DeletionPolicy") == "Retain":
            resource["DeletionPolicy"] = resource["UpdateReplacePolicy"] = "Delete"


def _belongs_to_the_account(logical_id: str) -> bool:
    return logical_id.startswith("ApiGatewayLogging")
