"""CloudFormation stack of a stage: propose changes, apply them, and wait for the result."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError

_POLL_SECONDS: Final = 3.0
_LONGEST_SECONDS: Final = 3600.0
_CAPABILITIES: Final = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
_NO_CHANGES: Final = ("didn't contain changes", "No updates are to be performed")


class StackFailed(Exception):
    """CloudFormation failed; the message contains its reasons."""


class Stack:
    """Stack ``p2p-lending-<stage>``. ``client`` is a boto3 client for CloudFormation."""

    def __init__(self, client: Any, stage: str, *, poll_seconds: float = _POLL_SECONDS) -> None:
        self._client = client
        self._poll_seconds = poll_seconds
        self.name = f"p2p-lending-{stage}"

    def status(self) -> str | None:
        """Return the stack's status in CloudFormation, or None if the stack does not exist."""
        try:
            return str(self._description()["StackStatus"])
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def outputs(self) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self._description().get("Outputs", ())}

    def propose(self, template_url: str, parameters: Mapping[str, str]) -> list[str] | None:
        """Create a change set and return a line for each change, or None if nothing changes.

        Args:
            template_url: Address of the template in S3.
            parameters: New values; other parameters keep theirs.

        Raises:
            StackFailed: CloudFormation rejected the template.
        """
        known = self._known_parameters()
        self._change_set = f"release-{datetime.now(UTC):%Y%m%d%H%M%S}"
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in known if name not in parameters]
        self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=self._change_set,
            ChangeSetType="CREATE" if self.status() in (None, "REVIEW_IN_PROGRESS") else "UPDATE",
            TemplateURL=template_url,
            Parameters=given + kept,
            Capabilities=_CAPABILITIES,
        )
        return self._proposed()

    def execute(self) -> float:
        """Apply the proposed change set and return the duration in seconds.

        Raises:
            StackFailed: the changes were rolled back.
        """
        began = time.monotonic()
        self._client.execute_change_set(StackName=self.name, ChangeSetName=self._change_set)
        status = self._wait(began, lambda: self.status() or "DELETE_COMPLETE")
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise StackFailed("\n".join([f"{self.name}: {status}", *self._reasons()]))
        return time.monotonic() - began

    def delete(self) -> None:
        """Delete the stack and wait until it is gone.

        Raises:
            StackFailed: a resource could not be deleted.
        """
        self._client.delete_stack(StackName=self.name)
        status = self._wait(time.monotonic(), lambda: self.status() or "DELETE_COMPLETE")
        if status != "DELETE_COMPLETE":
            raise StackFailed("\n".join([f"{self.name}: {status}", *self._reasons()]))

    def resources(self, kind: str) -> list[str]:
        """Return the physical ids of the stack's resources of a type."""
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        found = [entry for page in pages for entry in page["StackResourceSummaries"] if entry["ResourceType"] == kind]
        return [entry["PhysicalResourceId"] for entry in found]

    def _description(self) -> dict[str, Any]:
        described: dict[str, Any] = self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        return described

    def _known_parameters(self) -> list[str]:
        if self.status() in (None, "REVIEW_IN_PROGRESS"):
            return []
        return [parameter["ParameterKey"] for parameter in self._description().get("Parameters", ())]

    def _proposed(self) -> list[str] | None:
        described: dict[str, Any] = {}

        def status() -> str:
            described.update(self._client.describe_change_set(StackName=self.name, ChangeSetName=self._change_set))
            return str(described["Status"])

        if self._wait(time.monotonic(), status) == "CREATE_COMPLETE":
            return [_line(change["ResourceChange"]) for change in self._changes()]
        reason = str(described.get("StatusReason", ""))
        self._client.delete_change_set(StackName=self.name, ChangeSetName=self._change_set)
        if any(text in reason for text in _NO_CHANGES):
            return None
        raise StackFailed(reason)

    def _changes(self) -> Iterator[dict[str, Any]]:
        page: dict[str, Any] = {"NextToken": None}
        more: dict[str, Any] = {}
        while "NextToken" in page:
            page = self._client.describe_change_set(StackName=self.name, ChangeSetName=self._change_set, **more)
            yield from page["Changes"]
            more = {"NextToken": page.get("NextToken")}

    def _wait(self, began: float, status: Any) -> str:
        while time.monotonic() - began < _LONGEST_SECONDS:
            now: str = status()
            if now != "REVIEW_IN_PROGRESS" and not now.endswith(("_IN_PROGRESS", "_PENDING")):
                return now
            time.sleep(self._poll_seconds)
        raise StackFailed(f"{self.name} did not finish within an hour.")

    def _reasons(self) -> list[str]:
        events = self._client.describe_stack_events(StackName=self.name)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
        return [f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed]


def _line(change: Mapping[str, Any]) -> str:
    replaced = " and REPLACE" if change.get("Replacement") == "True" else ""
    return f"{change['Action']}{replaced} {change['ResourceType']} {change['LogicalResourceId']}"
