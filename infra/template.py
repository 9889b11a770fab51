"""Complete the template of `chalice package` with everything that Chalice cannot declare, for every handler."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib.api.cors import preflight_headers
from chalicelib.jobs.schedule import QUEUES, STREAMS
from infra.alarms import alarms_of
from infra.dashboard import dashboard_of
from infra.handlers import logical_id_of

Template = dict[str, Any]
Resource = dict[str, Any]

LOG_DAYS: Final = 7
_FUNCTION: Final = "AWS::Serverless::Function"
_TABLE: Final = "AWS::DynamoDB::Table"
_QUEUE: Final = "AWS::SQS::Queue"
_STAGE_MARK: Final = "p2p-${Stage}-"
_STREAM: Final[Mapping[str, Any]] = {
    # Start with the oldest record, so that the first records of a new table are processed too.
    "StartingPosition": "TRIM_HORIZON",
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "BisectBatchOnFunctionError": True,
    "MaximumRetryAttempts": 20,
    "MaximumRecordAgeInSeconds": 43_200,
    "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["StreamDeadLetters", "Arn"]}}},
}
_FAILED_RUNS: Final[Mapping[str, Any]] = {
    "MaximumRetryAttempts": 2,
    "MaximumEventAgeInSeconds": 3600,
    "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["JobDeadLetters", "Arn"]}}},
}
_CONCURRENCY: Final = {each.source: each.max_concurrency for each in QUEUES}
_CALLING_INTERNET: Final = frozenset(logical_id_of(each.name) for each in (*QUEUES, *STREAMS) if each.calls_internet)
_OUTSIDE: Final[Mapping[str, Any]] = {
    "CACHE_URL": "",
    # Functions behind the API cannot have this variable: the API depends on them.
    "PUBLIC_URL": {
        "Fn::If": [
            "HasPublicUrl",
            {"Ref": "PublicUrl"},
            {"Fn::Sub": "https://${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"},
        ]
    },
}
_ALLOWED_ORIGIN: Final[Mapping[str, Any]] = {
    "Fn::If": ["HasCorsOrigin", {"Fn::Sub": "'${CorsOrigin}'"}, {"Ref": "AWS::NoValue"}]
}
_NETWORK: Final = {
    "Fn::If": [
        "HasCache",
        {
            "SecurityGroupIds": [{"Fn::GetAtt": ["FunctionsSecurityGroup", "GroupId"]}],
            "SubnetIds": [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}],
        },
        {"Ref": "AWS::NoValue"},
    ]
}
_NETWORK_POLICY: Final = {
    "Fn::If": [
        "HasCache",
        [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaENIManagementAccess"}],
        {"Ref": "AWS::NoValue"},
    ]
}


class MissingResource(Exception):
    """The template lacks a table or queue that app.py reads."""


def finish(template: Template, stage: str) -> Template:
    """Add event sources, log groups, alarms and the dashboard. Change the template in place and return it."""
    resources: dict[str, Resource] = template["Resources"]
    template["Parameters"]["Stage"]["Default"] = stage
    for logical_id, function in list(_of_type(resources, _FUNCTION)):
        _add_log_group(resources, logical_id, function)
        _choose_network(resources, logical_id, function)
        for event in (function["Properties"].get("Events") or {}).values():
            _connect(resources, function, event)
    _invoke_alias(template)
    _answer_preflight_requests(template)
    resources.update(alarms_of(resources))
    resources["Dashboard"] = dashboard_of(resources)
    if stage == "dev":
        _delete_all_data(resources)
    return template


def _of_type(resources: Mapping[str, Resource], kind: str) -> Iterator[tuple[str, Resource]]:
    yield from ((logical_id, resource) for logical_id, resource in resources.items() if resource.get("Type") == kind)


def _add_log_group(resources: dict[str, Resource], logical_id: str, function: Resource) -> None:
    resources[f"{logical_id}Logs"] = {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": {"LogGroupName": {"Fn::Sub": f"/p2p/${{Stage}}/{logical_id}"}, "RetentionInDays": LOG_DAYS},
    }
    function["Properties"]["LoggingConfig"] = {"LogFormat": "JSON", "LogGroup": {"Ref": f"{logical_id}Logs"}}


def _choose_network(resources: Mapping[str, Resource], logical_id: str, function: Resource) -> None:
    """Put a function into the private network, or outside of it and without the cache if it calls the internet."""
    properties = function["Properties"]
    if logical_id in _CALLING_INTERNET:
        properties["Environment"] = {"Variables": dict(_OUTSIDE)}
        return
    properties["VpcConfig"] = _NETWORK
    resources[properties["Role"]["Fn::GetAtt"][0]]["Properties"]["ManagedPolicyArns"] = _NETWORK_POLICY


def _connect(resources: Mapping[str, Resource], function: Resource, event: Resource) -> None:
    """Replace the placeholder ARN in app.py by the real event source, and set the destination of failures."""
    properties = event["Properties"]
    match event["Type"]:
        case "DynamoDB":
            table = _named(resources, _TABLE, "TableName", properties["Stream"].split("/")[1])
            properties.update(_STREAM, Stream={"Fn::GetAtt": [table, "StreamArn"]})
        case "SQS":
            name = properties["Queue"].rpartition(":")[2]
            properties.update(
                Queue={"Fn::GetAtt": [_named(resources, _QUEUE, "QueueName", name), "Arn"]},
                FunctionResponseTypes=["ReportBatchItemFailures"],
                ScalingConfig={"MaximumConcurrency": _CONCURRENCY[name]},
            )
        case "Schedule":
            function["Properties"]["EventInvokeConfig"] = dict(_FAILED_RUNS)


def _named(resources: Mapping[str, Resource], kind: str, attribute: str, name: str) -> str:
    for logical_id, resource in _of_type(resources, kind):
        if resource["Properties"].get(attribute) == {"Fn::Sub": _STAGE_MARK + name}:
            return logical_id
    raise MissingResource(f"{kind} {name}")


def _invoke_alias(template: Template) -> None:
    """Make the API invoke the published version, because SnapStart applies to published versions only."""
    for path in template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"].values():
        for method in path.values():
            uri = method.get("x-amazon-apigateway-integration", {}).get("uri")
            if uri:
                uri["Fn::Sub"] = uri["Fn::Sub"].replace("${APIHandler.Arn}", "${APIHandlerAliaslive}")


def _answer_preflight_requests(template: Template) -> None:
    """Let API Gateway answer OPTIONS requests itself. Without an allowed origin, browsers reject its response."""
    for path in template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"].values():
        headers = {name: f"'{value}'" for name, value in preflight_headers("", map(str.upper, path)).items()}
        values: dict[str, Any] = {f"method.response.header.{name}": value for name, value in headers.items()}
        values["method.response.header.Access-Control-Allow-Origin"] = _ALLOWED_ORIGIN
        path["options"] = {
            "consumes": ["application/json"],
            "produces": ["application/json"],
            "responses": {
                "200": {"description": "200 response", "headers": {name: {"type": "string"} for name in headers}}
            },
            "x-amazon-apigateway-integration": {
                "type": "mock",
                "contentHandling": "CONVERT_TO_TEXT",
                "requestTemplates": {"application/json": '{"statusCode": 200}'},
                "responses": {"default": {"statusCode": "200", "responseParameters": values}},
            },
        }


def _delete_all_data(resources: Mapping[str, Resource]) -> None:
    """Make a development stage delete its data with the stack."""
    for logical_id, resource in resources.items():
        if not _belongs_to_the_account(logical_id) and resource.get("DeletionPolicy") == "Retain":
            resource["DeletionPolicy"] = resource["UpdateReplacePolicy"] = "Delete"


def _belongs_to_the_account(logical_id: str) -> bool:
    return logical_id.startswith("ApiGatewayLogging")
