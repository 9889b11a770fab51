"""Writes `.chalice/policy-*.json`: what each function may do, from the calls that the tests saw it make.

`infra/calls.json` holds those calls, by function and by what they are made on; `make record-calls` writes it. To them
come the rights that a function needs to be run at all: to write its log and traces, to read what it is called by, and
to leave behind what failed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from chalicelib.jobs.schedule import JobName
from infra.handlers import Handler, Source, handlers

ROOT: Final = Path(__file__).resolve().parent.parent
CALLS: Final = ROOT / "infra" / "calls.json"
FOLDER: Final = ROOT / ".chalice"
Calls = dict[str, dict[str, list[str]]]
Statement = dict[str, Any]

_SERVICES: Final[Mapping[str, str]] = {"table": "dynamodb", "queue": "sqs", "secret": "secretsmanager"}
_OTHERS: Final[Mapping[str, Any]] = {
    "queue/work": {"Fn::GetAtt": ["WorkQueue", "Arn"]},
    # Secrets Manager adds six characters of its own to the name.
    "secret/signing-keys": {
        "Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}"
        ":secret:p2p-${Stage}-signing-keys-??????"
    },
}


def policy_of(handler: Handler, calls: Calls) -> dict[str, Any]:
    """The policy of a function, given the calls of all."""
    own = calls_of(handler, calls)
    statements = [*_to_run_at_all(handler), *(_data(target, actions) for target, actions in sorted(own.items()))]
    return {"Version": "2012-10-17", "Statement": statements}


def calls_of(handler: Handler, calls: Calls) -> dict[str, list[str]]:
    """What a function calls, by target. Operators run tasks by hand, so the API makes the calls of every task too."""
    callers = [handler.name, *(JobName if handler.source is Source.HTTP else ())]
    made: dict[str, set[str]] = {}
    for caller in callers:
        for target, actions in calls.get(caller, {}).items():
            made.setdefault(target, set()).update(actions)
    return {target: sorted(actions) for target, actions in made.items()}


def resource_of(target: str) -> Any:
    """The template's expression for the ARN of ``table/<name>``, ``table/<name>/index/<index>`` or another target."""
    if target in _OTHERS:
        return _OTHERS[target]
    _, name, *index = target.split("/", 2)
    logical_id = f"{name.capitalize()}Table"
    if index:
        return {"Fn::Sub": f"${{{logical_id}.Arn}}/{index[0]}"}
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def read_calls() -> Calls:
    """The calls that were seen, by function and target."""
    calls: Calls = json.loads(CALLS.read_text(encoding="utf-8"))
    return calls


def written(policy: Mapping[str, Any]) -> str:
    """A policy as its file holds it."""
    return json.dumps(policy, indent=2) + "\n"


def file_of(handler: Handler) -> Path:
    """Where the policy of a function stands."""
    return FOLDER / f"policy-{handler.name}.json"


def main() -> int:
    """Write the policy of every handler of app.py."""
    calls = read_calls()
    for handler in handlers():
        file_of(handler).write_text(written(policy_of(handler, calls)), encoding="utf-8")
    return 0


def _to_run_at_all(handler: Handler) -> Iterator[Statement]:
    logs = {"Fn::GetAtt": [f"{handler.logical_id}Logs", "Arn"]}
    yield _allow("WriteItsLog", ["logs:CreateLogStream", "logs:PutLogEvents"], logs)
    # X-Ray has no resources that could be named.
    yield _allow("WriteTraces", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*")
    match handler.source:
        case Source.STREAM:
            yield from _follow(f"{handler.of.capitalize()}Table")
            yield _allow("GiveUpRecords", ["sqs:SendMessage"], {"Fn::GetAtt": ["StreamDeadLetters", "Arn"]})
        case Source.QUEUE:
            queue = {"Fn::GetAtt": [f"{handler.of.capitalize()}Queue", "Arn"]}
            yield _allow("TakeMessages", ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], queue)
        case Source.CLOCK:
            yield _allow("GiveUpRuns", ["sqs:SendMessage"], {"Fn::GetAtt": ["JobDeadLetters", "Arn"]})


def _follow(table: str) -> Iterator[Statement]:
    actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    yield _allow("FollowTheStream", actions, {"Fn::GetAtt": [table, "StreamArn"]})
    yield _allow("FindTheStream", ["dynamodb:ListStreams"], {"Fn::Sub": f"${{{table}.Arn}}/stream/*"})


def _data(target: str, actions: list[str]) -> Statement:
    kind, _, rest = target.partition("/")
    words = "".join(part.capitalize() for part in rest.replace("/", "-").replace("_", "-").split("-"))
    return _allow(f"Use{words}", [f"{_SERVICES[kind]}:{action}" for action in actions], resource_of(target))


def _allow(sid: str, actions: list[str], resource: Any) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


if __name__ == "__main__":
    sys.exit(main())
