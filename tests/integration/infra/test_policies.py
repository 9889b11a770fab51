"""Policies allow the recorded calls only, and never change the ledger or the audit log."""

from infra.handlers import API, Source, handlers
from infra.policies import calls_of, policy_of, read_calls, resource_of
from tests.integration.infra.conftest import Resources

_CHANGE = ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete")


def test_recorded_calls_belong_to_existing_handlers() -> None:
    assert set(read_calls()) <= {handler.name for handler in handlers()}


def test_template_contains_policies_of_recorded_calls(resources: Resources) -> None:
    calls = read_calls()

    for handler in handlers():
        assert resources.statements(handler.logical_id) == policy_of(handler, calls)["Statement"], handler.name


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


def test_only_the_api_and_the_functions_of_emails_read_signing_keys() -> None:
    readers = {name for name, calls in read_calls().items() if "secret/signing-keys" in calls}

    assert readers == {API, "emails", "mail_feedback"}


def test_only_the_api_encrypts_and_only_for_a_user(resources: Resources) -> None:
    actions = {API: ["kms:Decrypt", "kms:Encrypt"], "deliveries": ["kms:Decrypt"]}  # deliveries are signed

    assert {name for name, calls in read_calls().items() if "key/data" in calls} == set(actions)
    for handler in (each for each in handlers() if each.name in actions):
        [statement] = [each for each in resources.statements(handler.logical_id) if each["Sid"] == "UseData"]
        assert statement["Action"] == actions[handler.name]
        assert statement["Condition"] == {"Null": {"kms:EncryptionContext:user_id": "false"}}


def test_api_may_run_the_jobs_of_operators() -> None:
    calls = {API: {"table/loans": ["GetItem"]}, "reconcile_ledger": {"table/ledger": ["Scan"]}, "work": {"x": ["y"]}}
    api, *_, worker = (handler for handler in handlers() if handler.name in (API, "work"))

    assert calls_of(api, calls) == {"table/loans": ["GetItem"], "table/ledger": ["Scan"]}
    assert calls_of(worker, calls) == {"x": ["y"]}


def test_emails_are_sent_as_the_verified_identity_only() -> None:
    [emails] = [handler for handler in handlers() if handler.name == "emails"]

    statement = policy_of(emails, {"emails": {"email/identity": ["SendEmail"]}})["Statement"][-1]

    assert statement["Action"] == ["ses:SendEmail"]
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
    assert [str(resource).count("identity/") for resource in statement["Resource"]] == [1, 1, 0]
    assert "configuration-set/p2p-${Stage}-mail" in statement["Resource"][2]["Fn::Sub"]


def test_index_resource_has_its_own_name() -> None:
    assert resource_of("table/loans/index/by_status") == {"Fn::Sub": "${LoansTable.Arn}/index/by_status"}
