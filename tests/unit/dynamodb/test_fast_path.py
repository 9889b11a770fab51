"""The self-check and the switch of the fast path."""

from functools import reduce
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.httpsession import URLLib3Session

from chalicelib.dynamodb import fast_path
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.fast_path.client import PRIVATE_NAMES, FastPathClient, missing_names
from chalicelib.dynamodb.fast_path.http_pool import HttpPool, Timeouts

REGION = "us-east-1"
TIMEOUTS = Timeouts(connect=2, read=5)


def client_with(names: tuple[str, ...]) -> Any:
    client = SimpleNamespace()
    for name in names:
        reduce(child_of, name.split("."), client)
    return client


def child_of(owner: SimpleNamespace, name: str) -> SimpleNamespace:
    child: SimpleNamespace = vars(owner).setdefault(name, SimpleNamespace())
    return child


def send_by_botocore(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {operation: arguments}


def test_installed_botocore_has_every_private_name() -> None:
    assert missing_names(boto3.client("dynamodb", region_name=REGION)) == []


@pytest.mark.parametrize("missing", PRIVATE_NAMES)
def test_missing_private_name_leaves_calls_to_botocore(missing: str, caplog: pytest.LogCaptureFixture) -> None:
    client = client_with(tuple(name for name in PRIVATE_NAMES if name != missing))

    send = fast_path.install(client, TIMEOUTS, fallback=send_by_botocore)

    assert send is send_by_botocore
    assert caplog.messages == [f"DynamoDB fast path is off: botocore lacks {missing}"]


def test_missing_signer_method_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("botocore.auth.SigV4Auth._sign")

    assert missing_names(boto3.client("dynamodb", region_name=REGION)) == ["SigV4Auth._sign"]


def test_other_operations_are_left_to_botocore() -> None:
    send = fast_path.install(boto3.client("dynamodb", region_name=REGION), TIMEOUTS, fallback=send_by_botocore)

    assert isinstance(send, FastPathClient)
    assert send("DescribeTable", {"TableName": "any"}) == {"DescribeTable": {"TableName": "any"}}


@pytest.mark.parametrize(("use_fast_path", "session"), [(True, HttpPool), (False, URLLib3Session)])
def test_switch_decides_about_the_http_session(use_fast_path: bool, session: type) -> None:
    database = Database(region=REGION, table_prefix="any-", use_fast_path=use_fast_path)

    assert isinstance(database.client._endpoint.http_session, session)
