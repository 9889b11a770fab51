"""Looks things up in a finished template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.template import Template

Resource = dict[str, Any]


class Read:
    """A template, read."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.resources: dict[str, Resource] = template["Resources"]

    def of_type(self, kind: str) -> dict[str, Resource]:
        """Properties by logical id, of all resources of a type."""
        return {name: each["Properties"] for name, each in self.resources.items() if each["Type"] == kind}

    def functions(self) -> dict[str, Resource]:
        """Properties of the functions."""
        return self.of_type("AWS::Serverless::Function")

    def tables(self) -> dict[str, Resource]:
        """Properties of the tables, by their own name."""
        found = self.of_type("AWS::DynamoDB::Table").values()
        return {table["TableName"]["Fn::Sub"].rpartition("-")[2]: table for table in found}

    def statements(self, function: str) -> list[Resource]:
        """What the role of a function allows."""
        role = self.resources[self.functions()[function]["Role"]["Fn::GetAtt"][0]]["Properties"]
        return [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]

    def events(self) -> Iterator[tuple[str, Resource]]:
        """Every source of events with the function that it calls."""
        for name, function in self.functions().items():
            yield from ((name, event) for event in (function.get("Events") or {}).values())

    def alarms_on(self, function: str) -> set[str]:
        """The metrics of a function that somebody is told of."""
        dimensions = [{"Name": "FunctionName", "Value": {"Ref": function}}]
        alarms = self.of_type("AWS::CloudWatch::Alarm").values()
        return {alarm["MetricName"] for alarm in alarms if alarm["Dimensions"] == dimensions and alarm["AlarmActions"]}
