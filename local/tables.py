"""Create the tables of a stage from the CloudFormation template, their only description."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE: Final = Path(__file__).resolve().parent.parent / "infra" / "template.yaml"

_STAGE_PLACEHOLDER: Final = "${Stage}-"
_COPIED: Final = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)
_UNSUPPORTED_LOCALLY: Final = frozenset({"UnknownOperationException", "ValidationException"})


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the template describes it: its name without the stage, and the arguments of CreateTable."""

    name: str
    arguments: Mapping[str, Any]
    expires_by: str | None


class UnsupportedTableError(Exception):
    """A table of the template cannot be read; the message says which and why."""


def create_tables(client: DynamoDBClient, prefix: str, template_path: Path = TEMPLATE) -> list[str]:
    """Create every table of the template that does not exist yet.

    Args:
        client: creates the tables.
        prefix: the first part of each table's name, such as ``p2p-local-``.
        template_path: the CloudFormation template.

    Returns:
        The full names of all tables, new and old.
    """
    tables = tables_of(template_path)
    created = [table for table in tables if _create(client, prefix, table)]
    for table in created:
        _expire(client, prefix, table)
    return [prefix + table.name for table in tables]


@functools.cache
def tables_of(template_path: Path = TEMPLATE) -> tuple[Table, ...]:
    """Return the tables that a template describes.

    Raises:
        UnsupportedTableError: a name or a property is not of the expected form.
    """
    # The loader makes plain values of CloudFormation's short tags; it derives from SafeLoader.
    template = yaml.load(template_path.read_text(encoding="utf-8"), Loader=_TemplateLoader)
    return tuple(_tables(template.get("Resources") or {}))


def _tables(resources: Mapping[str, Any]) -> Iterator[Table]:
    for logical_id, resource in resources.items():
        if resource.get("Type") == "AWS::DynamoDB::Table":
            yield _table(logical_id, resource["Properties"])


def _table(logical_id: str, properties: Mapping[str, Any]) -> Table:
    arguments = {key: properties[key] for key in _COPIED if key in properties}
    stream = properties.get("StreamSpecification")
    if stream:
        arguments["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    expiry = properties.get("TimeToLiveSpecification") or {}
    return Table(
        name=_name(logical_id, properties.get("TableName")),
        arguments=arguments,
        expires_by=expiry["AttributeName"] if expiry.get("Enabled") in (True, "true") else None,
    )


def _name(logical_id: str, given: object) -> str:
    text = given.get("Fn::Sub") if isinstance(given, dict) else given
    if not isinstance(text, str) or _STAGE_PLACEHOLDER not in text:
        raise UnsupportedTableError(f"{logical_id}: its TableName must be an Fn::Sub that holds {_STAGE_PLACEHOLDER}")
    return text.rsplit(_STAGE_PLACEHOLDER, 1)[1]


def _create(client: DynamoDBClient, prefix: str, table: Table) -> bool:
    try:
        created = client.create_table(TableName=prefix + table.name, **table.arguments)
    except client.exceptions.ResourceInUseException:
        return False
    if created["TableDescription"].get("TableStatus") != "ACTIVE":
        client.get_waiter("table_exists").wait(
            TableName=prefix + table.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
    return True


def _expire(client: DynamoDBClient, prefix: str, table: Table) -> None:
    if table.expires_by is None:
        return
    try:
        client.update_time_to_live(
            TableName=prefix + table.name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": table.expires_by},
        )
    except ClientError as error:
        # Expired items are filtered on every read, so a database that cannot delete them does no harm.
        if error.response["Error"]["Code"] not in _UNSUPPORTED_LOCALLY:
            raise


class _TemplateLoader(yaml.SafeLoader):
    """Read short tags such as ``!Sub`` as their long form ``{"Fn::Sub": …}``."""


def _short_tag(loader: _TemplateLoader, suffix: str, node: yaml.Node) -> Mapping[str, Any]:
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_scalar(node)  # type: ignore[arg-type]  # what is left is a scalar
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_TemplateLoader.add_multi_constructor("!", _short_tag)
