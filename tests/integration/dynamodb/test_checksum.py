"""Responses of DynamoDB whose checksum is wrong: repeated, and never accepted."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from chalicelib.dynamodb.checksum import CorruptedResponse
from chalicelib.dynamodb.database import Changes, Database
from chalicelib.dynamodb.errors import is_transient
from chalicelib.dynamodb.transaction import WriteTransaction
from tests.engines import ENDPOINT_ACCOUNT, REGION
from tests.scripted_server import Piece, ScriptedServer, ok, scripted

ATTEMPTS = 3
BALANCE = b'{"Item": {"account": {"S": "wallet:1"}, "available_cents": {"N": "5"}}}'
GARBLED = BALANCE.replace(b'"5"', b'"9"')
REFUSAL = b'{"__type": "x#ConditionalCheckFailedException", "message": "The conditional request failed"}'
GET = {"TableName": "p2p-test-wallets", "Key": {"account": {"S": "wallet:1"}}}

both_paths = pytest.mark.parametrize("fast_path", [True, False], ids=["fast path", "botocore"])


def with_checksum(body: bytes, of: bytes) -> Sequence[Piece]:
    return [ok(body, f"x-amz-crc32: {zlib.crc32(of)}")]


def refused(body: bytes, of: bytes) -> Sequence[Piece]:
    [response] = with_checksum(body, of)
    assert response is not None
    return [response.replace(b"200 OK", b"400 Bad Request")]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


@contextmanager
def database_of(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, *, fast_path: bool) -> Iterator[Database]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{server.port}")
    for name, value in ENDPOINT_ACCOUNT.items():
        monkeypatch.setenv(name.upper(), value)
    database = Database(region=REGION, table_prefix="p2p-test-", use_fast_path=fast_path)
    try:
        yield database
    finally:
        database.client.close()


@both_paths
def test_lasting_checksum_mismatch_is_an_error(fast_path: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        scripted(*[with_checksum(GARBLED, BALANCE)] * ATTEMPTS) as server,
        database_of(server, monkeypatch, fast_path=fast_path) as database,
        pytest.raises(CorruptedResponse) as error,
    ):
        database.call("GetItem", dict(GET))

    assert is_transient(error.value)
    assert len(server.requests) == ATTEMPTS


@both_paths
@pytest.mark.parametrize("garbled", [GARBLED, BALANCE[:-4], b""], ids=["other value", "cut off", "empty"])
def test_corrupted_response_is_repeated(fast_path: bool, garbled: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = (with_checksum(garbled, BALANCE), with_checksum(BALANCE, BALANCE))
    with scripted(*scripts) as server, database_of(server, monkeypatch, fast_path=fast_path) as database:
        response = database.call("GetItem", dict(GET))

    assert response["Item"]["available_cents"] == {"N": "5"}


@both_paths
def test_refusal_with_wrong_checksum_is_no_refusal(fast_path: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        scripted(*[refused(REFUSAL, BALANCE)] * ATTEMPTS) as server,
        database_of(server, monkeypatch, fast_path=fast_path) as database,
        pytest.raises(CorruptedResponse),
    ):
        database.call("GetItem", dict(GET))


@both_paths
def test_refusal_with_right_checksum_is_reported(fast_path: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        scripted(refused(REFUSAL, REFUSAL)) as server,
        database_of(server, monkeypatch, fast_path=fast_path) as database,
        pytest.raises(ClientError, match="conditional request failed"),
    ):
        database.call("GetItem", dict(GET))


@both_paths
def test_transaction_with_corrupted_response_has_unknown_outcome(
    fast_path: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: list[bool] = []

    def record(changes: Changes, *, outcome_known: bool) -> None:
        outcomes.append(outcome_known)

    with (
        scripted(*[with_checksum(b"{ }", b"{}")] * ATTEMPTS) as server,
        database_of(server, monkeypatch, fast_path=fast_path) as database,
    ):
        database.subscribers.append(record)
        with pytest.raises(CorruptedResponse):
            WriteTransaction(database).commit()

    assert outcomes == [False]
