"""Policies allow the recorded calls only, and never change the ledger or the audit log."""

from __future__ import annotations

import json

from infra.handlers import API, Source, handlers
from infra.policies import FOLDER, calls_of, file_of, policy_of, read_calls, resource_of, written
from tests.integration.infra.conftest import Resources

_CHANGE = ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete")


def test_policies_follow_from_recorded_calls() -> None:
    calls = read_calls()

    for handler in handlers():
        expected = written(policy_of(handler, calls))
        assert file_of(handler).read_text(encoding="utf-8") == expected, f"{handler.name}: run make record-calls"


def test_policies_and_calls_belong_to_existing_handlers() -> None:
    names = {handler.name for handler in handlers()}

    assert {path.stem.removeprefix("policy-") for path in FOLDER.glob("policy-*.json")} == names
    assert set(read_calls()) <= names


def test_template_contains_the_policy_of_the_file(resources: Resources) -> None:
    for handler in handlers():
        assert resources.statements(handler.logical_id) == json.loads(file_of(handler).read_text("utf-8"))["Statement"]


def test_policies_have_no_wildcards_except_for_traces(resources: Resources) -> None:
    for handler in handlers():
        for statement in resources.statements(handler.logical_id):
            assert all("*" not in action for action in statement["Action"])
            assert statement["Resource"] != "*" or statement["Sid"] == "WriteTraces"


def test_no_policy_allows_changing_ledger_or_audit(resources: Resources) -> None:
    immutable = [resource_of("table/ledger"), resource_of("table/audit")]

    for handler in handlers():
        for statement in resources.statements(handler.logical_id):
            changing = [action for action in statement["Action"] if action.rpartition(":")[2] in _CHANGE]
            assert not changing or statement["Resource"] not in immutable, handler.name


def test_only_stream_functions_and_the_worker_receive_events(resources: Resources) -> None:
    for handler in handlers():
        actions = {action for statement in resources.statements(handler.logical_id) for action in statement["Action"]}
        assert ("dynamodb:GetRecords" in actions) == (handler.source is Source.STREAM), handler.name
        assert ("sqs:ReceiveMessage" in actions) == (handler.source is Source.QUEUE), handler.name


def test_only_the_api_reads_signing_keys() -> None:
    assert [name for name, calls in read_calls().items() if "secret/signing-keys" in calls] == [API]


def test_api_may_run_the_jobs_of_operators() -> None:
    calls = {API: {"table/loans": ["GetItem"]}, "reconcile_ledger": {"table/ledger": ["Scan"]}, "work": {"x": ["y"]}}
    api, *_, worker = handlers()

    assert calls_of(api, calls) == {"table/loans": ["GetItem"], "table/ledger": ["Scan"]}
    assert calls_of(worker, calls) == {"x": ["y"]}


def test_index_resource_has_its_own_name() -> None:
    assert resource_of("table/loans/index/by_status") == {"Fn::Sub": "${LoansTable.Arn}/index/by_status"}
