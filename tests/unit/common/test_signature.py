"""Our signature is the one that botocore makes, whatever is signed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.common.signature import Credentials, Signature

HOST = "dynamodb.eu-west-1.amazonaws.com"
TARGET = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem"}
_KEYS = st.text("abcXYZ019/+", min_size=1, max_size=40)
_MOMENTS = st.integers(1_577_836_800, 2_208_988_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def by_botocore(body: bytes, credentials: Credentials, date: str) -> str:
    request: Any = AWSRequest("POST", f"https://{HOST}/", headers=TARGET, data=body)
    request.context["timestamp"] = date
    auth: Any = SigV4Auth(BotocoreCredentials(*credentials), "dynamodb", "eu-west-1")
    auth._modify_request_before_signing(request)
    auth._inject_signature_to_request(
        request, auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    )
    return str(request.headers["Authorization"])


@given(st.binary(max_size=200), _KEYS, _KEYS, st.none() | _KEYS, _MOMENTS)
def test_a_request_is_signed_as_by_botocore(
    body: bytes, access_key: str, secret_key: str, token: str | None, at: datetime
) -> None:
    credentials, headers = Credentials(access_key, secret_key, token), dict(TARGET)

    Signature(host=HOST, region="eu-west-1", service="dynamodb").sign(headers, body, credentials, at.timestamp())

    assert headers["Authorization"] == by_botocore(body, credentials, headers["X-Amz-Date"])
    assert headers["X-Amz-Date"] == at.strftime("%Y%m%dT%H%M%SZ")


@pytest.mark.parametrize("later", [Credentials("id", "another"), Credentials("id", "secret")], ids=["key", "day"])
def test_a_new_key_or_a_new_day_is_noticed(later: Credentials) -> None:
    signature = Signature(host=HOST, region="eu-west-1", service="dynamodb")
    signature.sign(dict(TARGET), b"{}", Credentials("id", "secret"), 1_768_469_400.0)
    headers = dict(TARGET)

    signature.sign(headers, b"{}", later, 1_768_469_400.0 + 86_400)

    assert headers["Authorization"] == by_botocore(b"{}", later, headers["X-Amz-Date"])
    assert re.search(r"Credential=id/20260116/", headers["Authorization"])
