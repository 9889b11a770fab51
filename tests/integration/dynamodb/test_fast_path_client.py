"""The fast path and botocore give the same responses, errors, retries and signatures."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from chalicelib.dynamodb import fast_path
from chalicelib.dynamodb.fast_path.client import FastPathClient
from chalicelib.dynamodb.fast_path.http_pool import Timeouts
from tests.engines import ENDPOINT_ACCOUNT, REGION, Storage

KEY = {"account": {"S": "wallet:1"}}
ITEM = {**KEY, "available_cents": {"N": "5"}, "note": {"S": 'Größe "50" €\n'}, "flags": {"L": [{"BOOL": True}]}}


@dataclass(frozen=True)
class Calls:
    """A client and the function that sends its calls."""

    client: Any
    send: Callable[[str, dict[str, Any]], dict[str, Any]]


@pytest.fixture
def by_botocore(tables: Storage) -> Calls:
    client = client_of(tables.endpoint)
    return Calls(client, botocore_sender(client))


@pytest.fixture
def by_fast_path(tables: Storage) -> Calls:
    return fast_path_calls(client_of(tables.endpoint))


def client_of(endpoint: str, **account: Any) -> Any:
    return boto3.client("dynamodb", endpoint_url=endpoint, region_name=REGION, **account)


def botocore_sender(client: Any) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    return lambda operation, arguments: getattr(client, xform_name(operation))(**arguments)


def fast_path_calls(client: Any) -> Calls:
    sender = fast_path.install(client, Timeouts(connect=2, read=5), fallback=botocore_sender(client))
    assert isinstance(sender, FastPathClient)
    return Calls(client, sender)


def without_metadata(response: Any) -> Any:
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def reads(table: str) -> list[tuple[str, dict[str, Any]]]:
    measured = {"ReturnConsumedCapacity": "TOTAL"}
    of_account = {"KeyConditionExpression": "account = :a", "ExpressionAttributeValues": {":a": KEY["account"]}}
    return [
        ("GetItem", {"TableName": table, "Key": KEY, **measured}),
        ("Query", {"TableName": table, **of_account, **measured}),
        ("Scan", {"TableName": table, **measured}),
        ("BatchGetItem", {"RequestItems": {table: {"Keys": [KEY]}}, **measured}),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": table, "Key": KEY}}]}),
        ("DescribeTable", {"TableName": table}),
    ]


@pytest.mark.parametrize("number", range(6))
def test_reads_give_the_same_response_as_botocore(
    by_botocore: Calls, by_fast_path: Calls, tables: Storage, number: int
) -> None:
    operation, arguments = reads(f"{tables.prefix}wallets")[number]
    by_fast_path.send("PutItem", {"TableName": f"{tables.prefix}wallets", "Item": ITEM})

    responses = [calls.send(operation, arguments) for calls in (by_fast_path, by_botocore)]

    assert without_metadata(responses[0]) == without_metadata(responses[1])
    assert "wallet" in str(responses[0])


def test_cancelled_transaction_gives_the_same_reasons(by_botocore: Calls, by_fast_path: Calls, tables: Storage) -> None:
    table = f"{tables.prefix}wallets"
    by_fast_path.send("PutItem", {"TableName": table, "Item": ITEM})
    idempotency_key = {
        "ConditionExpression": "attribute_not_exists(account)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    writes = {"TransactItems": [{"Put": {"TableName": table, "Item": ITEM, **idempotency_key}}]}

    responses = []
    for calls in (by_fast_path, by_botocore):
        with pytest.raises(calls.client.exceptions.TransactionCanceledException) as cancelled:
            calls.send("TransactWriteItems", writes)
        responses.append(without_metadata(cancelled.value.response))

    assert responses[0] == responses[1]
    assert responses[0]["CancellationReasons"][0]["Item"] == ITEM


def test_missing_table_raises_resource_not_found(by_fast_path: Calls) -> None:
    with pytest.raises(by_fast_path.client.exceptions.ResourceNotFoundException) as error:
        by_fast_path.send("GetItem", {"TableName": "no-such", "Key": KEY})

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


class Failing:
    """Answers the first requests itself: with a status, or by losing the connection."""

    def __init__(self, *failures: int | None) -> None:
        self.failures = list(failures)
        self.headers = HTTPHeaders()
        self.sent: list[AWSPreparedRequest] = []

    def __call__(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        self.sent.append(request)
        if not self.failures:
            return None
        status = self.failures.pop(0)
        if status is None:
            raise ConnectionClosedError(endpoint_url=request.url)
        raw: Any = BytesIO(b'{"__type": "x#InternalServerError", "message": "try again"}')
        raw.stream = lambda **_: iter([raw.read()])
        return AWSResponse(request.url, status, self.headers, raw)


@pytest.mark.parametrize("failure", [500, 503, None])
def test_server_and_network_failures_are_retried(
    by_fast_path: Calls, tables: Storage, failure: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(failure)
    by_fast_path.client.meta.events.register("before-send.dynamodb", failing)
    monkeypatch.setattr("time.sleep", lambda _: None)

    by_fast_path.send("PutItem", {"TableName": f"{tables.prefix}wallets", "Item": ITEM})

    assert len(failing.sent) == 2
    assert len({request.headers["amz-sdk-invocation-id"] for request in failing.sent}) == 1
    assert tables.items("wallets") == [ITEM]


@pytest.mark.parametrize("checksum", ["1", "0"])
def test_response_with_wrong_checksum_is_retried(
    by_fast_path: Calls, tables: Storage, checksum: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = f"{tables.prefix}wallets"
    by_fast_path.send("PutItem", {"TableName": table, "Item": ITEM})
    garbled = Failing(200)
    garbled.headers["x-amz-crc32"] = checksum
    by_fast_path.client.meta.events.register("before-send.dynamodb", garbled)
    monkeypatch.setattr("time.sleep", lambda _: None)

    response = by_fast_path.send("GetItem", {"TableName": table, "Key": KEY})

    assert response["Item"] == ITEM
    assert len(garbled.sent) == 2


def test_lasting_failure_raises_the_service_error(by_fast_path: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    by_fast_path.client.meta.events.register("before-send.dynamodb", Failing(*[500] * 20))
    monkeypatch.setattr("time.sleep", lambda _: None)

    with pytest.raises(ClientError) as failed:
        by_fast_path.send("GetItem", {"TableName": "any", "Key": KEY})

    assert failed.value.response["Error"] == {"Code": "InternalServerError", "Message": "try again"}


def test_unreachable_service_raises_connection_error(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fast_path_calls(client_of("http://127.0.0.1:1"))
    monkeypatch.setattr("time.sleep", lambda _: None)

    with pytest.raises(EndpointConnectionError):
        calls.send("GetItem", {"TableName": "any", "Key": KEY})


@pytest.mark.parametrize("token", [None, "of-a-role"])
def test_signatures_equal_those_of_botocore(
    tables: Storage, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    client = client_of(tables.endpoint, **{**ENDPOINT_ACCOUNT, "aws_session_token": token})
    failing = Failing(200, 200, 200)
    calls = fast_path_calls(client)
    client.meta.events.register("before-send.dynamodb", failing)
    credentials = client._request_signer._credentials.get_frozen_credentials()
    assert credentials.token == token

    for day in (15, 15, 16):
        at = datetime(2026, 1, day, 9, 30, tzinfo=UTC)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda at=at: at)
        calls.send("GetItem", {"TableName": "any", "Key": KEY})

        sent = failing.sent[-1]
        given = ("Content-Type", "X-Amz-Target", "amz-sdk-invocation-id")
        expected: Any = AWSRequest("POST", sent.url, {name: sent.headers[name] for name in given}, sent.body)
        SigV4Auth(credentials, "dynamodb", REGION).add_auth(expected)
        assert sent.headers["Authorization"] == expected.headers["Authorization"]
        assert sent.headers["X-Amz-Date"] == f"202601{day}T093000Z"
        assert sent.headers.get("X-Amz-Security-Token") == token
