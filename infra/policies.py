"""Derive the IAM policy of each function from the AWS calls that the tests recorded.

`infra/calls.json` contains the recorded calls by function and resource; `make record-calls` writes it. Each policy adds
the permissions that the function needs in order to run: to write logs and traces, to read its event source, and to send
failed events to a queue. `make package` writes the policies; `python -m infra.policies FOLDER` does so for a review.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from chalicelib.jobs.schedule import JobName
from infra.handlers import Handler, Source, handlers

ROOT: Final = Path(__file__).resolve().parent.parent
CALLS: Final = ROOT / "infra" / "calls.json"
Calls = dict[str, dict[str, list[str]]]
Statement = dict[str, Any]

_SERVICES: Final[Mapping[str, str]] = {
    "table": "dynamodb",
    "queue": "sqs",
    "secret": "secretsmanager",
    "key": "kms",
    "email": "ses",
    "bus": "events",
}
_SES: Final = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}"
_OTHERS: Final[Mapping[str, Any]] = {
    "key/data": {"Fn::GetAtt": ["DataKey", "Arn"]},
    # The address or its domain is the verified identity. The separator at the end makes the list valid without one.
    "email/identity": [
        {"Fn::Sub": f"{_SES}:identity/${{MailFrom}}"},
        {
            "Fn::Sub": [
                f"{_SES}:identity/${{Domain}}",
                {"Domain": {"Fn::Select": [1, {"Fn::Split": ["@", {"Fn::Sub": "${MailFrom}@"}]}]}},
            ]
        },
        {"Fn::Sub": f"{_SES}:configuration-set/p2p-${{Stage}}-mail"},
    ],
    "bus/events": {"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBus}"},
    # Secrets Manager appends a hyphen and six characters to the name.
    "secret/signing-keys": {
        "Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}"
        ":secret:p2p-${Stage}-signing-keys-??????"
    },
}


def policy_of(handler: Handler, calls: Calls) -> dict[str, Any]:
    """Return the policy of a function, derived from the recorded calls of all functions."""
    own = calls_of(handler, calls)
    statements = [*_basic_permissions(handler), *(_data(target, actions) for target, actions in sorted(own.items()))]
    return {"Version": "2012-10-17", "Statement": statements}


def calls_of(handler: Handler, calls: Calls) -> dict[str, list[str]]:
    """Return the calls of a function by target. The API includes those of all jobs, because operators can run them."""
    callers = [handler.name, *(JobName if handler.source is Source.HTTP else ())]
    made: dict[str, set[str]] = {}
    for caller in callers:
        for target, actions in calls.get(caller, {}).items():
            made.setdefault(target, set()).update(actions)
    return {target: sorted(actions) for target, actions in made.items()}


def resource_of(target: str) -> Any:
    """Return the template expression for the ARN of a target, such as ``table/<name>/index/<index>``."""
    if target in _OTHERS:
        return _OTHERS[target]
    kind, name, *index = target.split("/", 2)
    if kind == "queue":
        return {"Fn::GetAtt": [queue_id(name), "Arn"]}
    logical_id = f"{name.capitalize()}Table"
    if index:
        return {"Fn::Sub": f"${{{logical_id}.Arn}}/{index[0]}"}
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def queue_id(name: str) -> str:
    """Return the logical id of a queue in the template."""
    return "".join(part.capitalize() for part in name.split("-")) + "Queue"


def read_calls() -> Calls:
    """Read the recorded calls, by function and target."""
    calls: Calls = json.loads(CALLS.read_text(encoding="utf-8"))
    return calls


def write_policies(folder: Path) -> None:
    """Write the policy of every handler in app.py to ``policy-<name>.json``."""
    calls = read_calls()
    for handler in handlers():
        policy = json.dumps(policy_of(handler, calls), indent=2) + "\n"
        (folder / f"policy-{handler.name}.json").write_text(policy, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write the policies into the folder that the command line names."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    write_policies(folder)
    return 0


def _basic_permissions(handler: Handler) -> Iterator[Statement]:
    logs = {"Fn::GetAtt": [f"{handler.logical_id}Logs", "Arn"]}
    yield _allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], logs)
    # X-Ray has no resource-level permissions.
    yield _allow("WriteTraces", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*")
    match handler.source:
        case Source.STREAM:
            yield from _read_stream(f"{handler.of.capitalize()}Table")
            yield _allow("SendFailedRecords", ["sqs:SendMessage"], {"Fn::GetAtt": ["StreamDeadLetters", "Arn"]})
        case Source.QUEUE:
            queue = {"Fn::GetAtt": [queue_id(handler.of), "Arn"]}
            yield _allow(
                "ReceiveMessages", ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], queue
            )
        case Source.SCHEDULE:
            yield _allow("SendFailedRuns", ["sqs:SendMessage"], {"Fn::GetAtt": ["JobDeadLetters", "Arn"]})


def _read_stream(table: str) -> Iterator[Statement]:
    actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    yield _allow("ReadStream", actions, {"Fn::GetAtt": [table, "StreamArn"]})
    yield _allow("ListStreams", ["dynamodb:ListStreams"], {"Fn::Sub": f"${{{table}.Arn}}/stream/*"})


def _data(target: str, actions: list[str]) -> Statement:
    kind, _, rest = target.partition("/")
    words = "".join(part.capitalize() for part in rest.replace("/", "-").replace("_", "-").split("-"))
    statement = _allow(f"Use{words}", [f"{_SERVICES[kind]}:{action}" for action in actions], resource_of(target))
    if kind == "key":  # a function encrypts and decrypts data of a user only, never the keys of tables
        statement["Condition"] = {"Null": {"kms:EncryptionContext:user_id": "false"}}
    elif kind == "email":
        statement["Condition"] = {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
    return statement


def _allow(sid: str, actions: list[str], resource: Any) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
