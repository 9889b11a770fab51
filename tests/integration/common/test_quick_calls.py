"""Calls in the quick way give what botocore's own way gives: answers, refusals, and a second attempt."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from chalicelib.dynamodb.fast_path.client import FastPathClient
from chalicelib.dynamodb.fast_path.http_pool import Timeouts
from tests.engines import ENDPOINT_ACCOUNT, REGION, Storage

KEY = {"account": {"S": "wallet:1"}}
ITEM = {**KEY, "available_cents": {"N": "5"}, "note": {"S": 'Größe "50" €\n'}, "flags": {"L": [{"BOOL": True}]}}


@pytest.fixture
def plain(tables: Storage) -> Any:
    return client_of(tables)


@pytest.fixture
def quick(tables: Storage) -> Any:
    client = client_of(tables)
    FastPathClient.install(client, Timeouts(connect=2, read=5))
    return client


def client_of(tables: Storage, **account: Any) -> Any:
    return boto3.client("dynamodb", endpoint_url=tables.endpoint, region_name=REGION, **account)


def without_metadata(answer: Any) -> Any:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


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
def test_what_is_read_is_what_botocore_reads(plain: Any, quick: Any, tables: Storage, number: int) -> None:
    operation, asked = reads(f"{tables.prefix}wallets")[number]
    quick._make_api_call("PutItem", {"TableName": f"{tables.prefix}wallets", "Item": ITEM})

    answers = [client._make_api_call(operation, asked) for client in (quick, plain)]

    assert without_metadata(answers[0]) == without_metadata(answers[1])
    assert "wallet" in str(answers[0])


def test_a_refused_transaction_tells_its_reasons(plain: Any, quick: Any, tables: Storage) -> None:
    table = f"{tables.prefix}wallets"
    quick._make_api_call("PutItem", {"TableName": table, "Item": ITEM})
    idempotency_key = {
        "ConditionExpression": "attribute_not_exists(account)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    writes = {"TransactItems": [{"Put": {"TableName": table, "Item": ITEM, **idempotency_key}}]}

    told = []
    for client in (quick, plain):
        with pytest.raises(client.exceptions.TransactionCanceledException) as refused:
            client._make_api_call("TransactWriteItems", writes)
        told.append(without_metadata(refused.value.response))

    assert told[0] == told[1]
    assert told[0]["CancellationReasons"][0]["Item"] == ITEM


def test_a_table_that_is_not_there_is_told_by_name(quick: Any) -> None:
    with pytest.raises(quick.exceptions.ResourceNotFoundException) as refused:
        quick._make_api_call("GetItem", {"TableName": "no-such", "Key": KEY})

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


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
def test_a_failure_of_the_service_or_the_network_is_tried_again(
    quick: Any, tables: Storage, failure: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(failure)
    quick.meta.events.register("before-send.dynamodb", failing)
    monkeypatch.setattr("time.sleep", lambda _: None)

    quick._make_api_call("PutItem", {"TableName": f"{tables.prefix}wallets", "Item": ITEM})

    assert len(failing.sent) == 2
    assert len({request.headers["amz-sdk-invocation-id"] for request in failing.sent}) == 1
    assert tables.items("wallets") == [ITEM]


@pytest.mark.parametrize("checksum", ["1", "0"])
def test_an_answer_that_was_garbled_on_its_way_is_asked_for_again(
    quick: Any, tables: Storage, checksum: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = f"{tables.prefix}wallets"
    quick._make_api_call("PutItem", {"TableName": table, "Item": ITEM})
    garbled = Failing(200)
    garbled.headers["x-amz-crc32"] = checksum
    quick.meta.events.register("before-send.dynamodb", garbled)
    monkeypatch.setattr("time.sleep", lambda _: None)

    answer = quick._make_api_call("GetItem", {"TableName": table, "Key": KEY})

    assert answer["Item"] == ITEM
    assert len(garbled.sent) == 2


def test_what_keeps_failing_is_told_as_botocore_tells_it(quick: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    quick.meta.events.register("before-send.dynamodb", Failing(*[500] * 20))
    monkeypatch.setattr("time.sleep", lambda _: None)

    with pytest.raises(ClientError) as failed:
        quick._make_api_call("GetItem", {"TableName": "any", "Key": KEY})

    assert failed.value.response["Error"] == {"Code": "InternalServerError", "Message": "try again"}


def test_a_service_that_is_not_there_is_told_as_botocore_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = boto3.client("dynamodb", endpoint_url="http://127.0.0.1:1", region_name=REGION)
    FastPathClient.install(client, Timeouts(connect=2, read=5))
    monkeypatch.setattr("time.sleep", lambda _: None)

    with pytest.raises(EndpointConnectionError):
        client._make_api_call("GetItem", {"TableName": "any", "Key": KEY})


@pytest.mark.parametrize("token", [None, "of-a-role"])
def test_a_request_is_signed_as_botocore_signs_it(
    tables: Storage, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    signed = client_of(tables, **{**ENDPOINT_ACCOUNT, "aws_session_token": token})
    failing = Failing(200, 200, 200)
    FastPathClient.install(signed, Timeouts(connect=2, read=5))
    signed.meta.events.register("before-send.dynamodb", failing)
    credentials = signed._request_signer._credentials.get_frozen_credentials()
    assert credentials.token == token

    for day in (15, 15, 16):
        at = datetime(2026, 1, day, 9, 30, tzinfo=UTC)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda at=at: at)
        signed._make_api_call("GetItem", {"TableName": "any", "Key": KEY})

        sent = failing.sent[-1]
        given = ("Content-Type", "X-Amz-Target", "amz-sdk-invocation-id")
        anew: Any = AWSRequest("POST", sent.url, {name: sent.headers[name] for name in given}, sent.body)
        SigV4Auth(credentials, "dynamodb", REGION).add_auth(anew)
        assert sent.headers["Authorization"] == anew.headers["Authorization"]
        assert sent.headers["X-Amz-Date"] == f"202601{day}T093000Z"
        assert sent.headers.get("X-Amz-Security-Token") == token
