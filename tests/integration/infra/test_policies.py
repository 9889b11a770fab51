"""What the functions may do: just what they were seen to do, and never to change what has to stay."""

from __future__ import annotations

import json

from infra.handlers import API, Source, handlers
from infra.policies import FOLDER, calls_of, file_of, policy_of, read_calls, resource_of, written
from tests.integration.infra.reading import Read

_CHANGE = ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete")


def test_every_handler_has_the_policy_that_follows_from_its_calls() -> None:
    calls = read_calls()

    for handler in handlers():
        expected = written(policy_of(handler, calls))
        assert file_of(handler).read_text(encoding="utf-8") == expected, f"{handler.name}: run make record-calls"


def test_no_policy_and_no_call_belongs_to_a_handler_that_is_gone() -> None:
    names = {handler.name for handler in handlers()}

    assert {path.stem.removeprefix("policy-") for path in FOLDER.glob("policy-*.json")} == names
    assert set(read_calls()) <= names


def test_the_policy_in_the_template_is_the_one_in_the_file(read: Read) -> None:
    for handler in handlers():
        assert read.statements(handler.logical_id) == json.loads(file_of(handler).read_text("utf-8"))["Statement"]


def test_no_action_is_a_wildcard_and_only_traces_have_no_resource(read: Read) -> None:
    for handler in handlers():
        for statement in read.statements(handler.logical_id):
            assert all("*" not in action for action in statement["Action"])
            assert statement["Resource"] != "*" or statement["Sid"] == "WriteTraces"


def test_nobody_may_change_or_delete_a_posting_or_an_audit_entry(read: Read) -> None:
    immutable = [resource_of("table/ledger"), resource_of("table/audit")]

    for handler in handlers():
        for statement in read.statements(handler.logical_id):
            changing = [action for action in statement["Action"] if action.rpartition(":")[2] in _CHANGE]
            assert not changing or statement["Resource"] not in immutable, handler.name


def test_only_functions_on_streams_read_streams_and_only_the_worker_takes_work(read: Read) -> None:
    for handler in handlers():
        actions = {action for statement in read.statements(handler.logical_id) for action in statement["Action"]}
        assert ("dynamodb:GetRecords" in actions) == (handler.source is Source.STREAM), handler.name
        assert ("sqs:ReceiveMessage" in actions) == (handler.source is Source.QUEUE), handler.name


def test_only_the_api_reads_the_signing_keys() -> None:
    assert [name for name, calls in read_calls().items() if "secret/signing-keys" in calls] == [API]


def test_the_api_may_do_what_an_operator_runs_by_hand() -> None:
    calls = {API: {"table/loans": ["GetItem"]}, "reconcile_ledger": {"table/ledger": ["Scan"]}, "work": {"x": ["y"]}}
    api, *_, worker = handlers()

    assert calls_of(api, calls) == {"table/loans": ["GetItem"], "table/ledger": ["Scan"]}
    assert calls_of(worker, calls) == {"x": ["y"]}


def test_an_index_is_queried_under_its_own_name() -> None:
    assert resource_of("table/loans/index/by_status") == {"Fn::Sub": "${LoansTable.Arn}/index/by_status"}
