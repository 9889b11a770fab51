"""The templates as `chalice package` merges them and `infra` finishes them; each is built once."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra import STAGES
from infra.package import write_template
from infra.template import Template

Resource = dict[str, Any]


class Resources:
    """The resources of a finished template, and queries on them."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.by_id: dict[str, Resource] = template["Resources"]

    def of_type(self, kind: str) -> dict[str, Resource]:
        """Properties by logical id, of all resources of a type."""
        return {name: each["Properties"] for name, each in self.by_id.items() if each["Type"] == kind}

    def functions(self) -> dict[str, Resource]:
        return self.of_type("AWS::Serverless::Function")

    def tables(self) -> dict[str, Resource]:
        """Properties of the tables, by their own name."""
        found = self.of_type("AWS::DynamoDB::Table").values()
        return {table["TableName"]["Fn::Sub"].rpartition("-")[2]: table for table in found}

    def statements(self, function: str) -> list[Resource]:
        """The policy statements of a function's role."""
        role = self.by_id[self.functions()[function]["Role"]["Fn::GetAtt"][0]]["Properties"]
        return [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]

    def events(self, kind: str) -> Iterator[tuple[str, Resource]]:
        """Properties of every event source of a type, with the function that it invokes."""
        for name, function in self.functions().items():
            for event in (function.get("Events") or {}).values():
                if event["Type"] == kind:
                    yield name, event["Properties"]

    def alarms_on(self, function: str) -> set[str]:
        """The metrics of a function that have an alarm with an action."""
        dimensions = [{"Name": "FunctionName", "Value": {"Ref": function}}]
        alarms = self.of_type("AWS::CloudWatch::Alarm").values()
        return {alarm["MetricName"] for alarm in alarms if alarm["Dimensions"] == dimensions and alarm["AlarmActions"]}

    def gateway_responses(self) -> dict[str, Resource]:
        """The API's own error responses."""
        definition = self.by_id["RestAPI"]["Properties"]["DefinitionBody"]
        responses: dict[str, Resource] = definition["x-amazon-apigateway-gateway-responses"]
        return responses


@pytest.fixture(scope="session", params=STAGES)
def stage(request: pytest.FixtureRequest) -> str:
    """Every stage in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def resources(stage: str, tmp_path_factory: pytest.TempPathFactory) -> Resources:
    """The template of a stage. pytest requests it again for each file, and building it takes seconds."""
    return _built(stage, tmp_path_factory.getbasetemp() / f"template-{stage}")


@cache
def _built(stage: str, folder: Path) -> Resources:
    folder.mkdir()
    return Resources(write_template(stage, folder))
