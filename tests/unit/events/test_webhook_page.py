"""The page for developers of receivers: its example has a valid signature, and its code verifies it."""

import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.shared.webhook_signatures import has_valid_signature, secret_bytes

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
TIMESTAMP = 1768469400


def documented_request() -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of the request on the page."""
    head, _, rest = PAGE.partition("POST /hooks/p2p HTTP/1.1\n")[2].partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    return headers, rest.partition("\n```")[0].encode()


def documented_function() -> Any:
    """Return the function on the page that needs no library."""
    (code,) = re.findall(r"```python\n(import base64\n.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return names["is_valid"]


def test_documented_request_has_a_valid_signature() -> None:
    headers, body = documented_request()

    assert SECRET in PAGE
    assert has_valid_signature([secret_bytes(SECRET)], headers, body)
    assert PAGE.count(headers["webhook-signature"].removeprefix("v1,")) == 2


def test_documented_function_verifies_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    headers, body = documented_request()
    is_valid = documented_function()

    monkeypatch.setattr("time.time", lambda: TIMESTAMP + 299)
    assert is_valid(SECRET, headers, body)
    assert is_valid(SECRET, {**headers, "webhook-signature": f"v1,other {headers['webhook-signature']}"}, body)
    assert not is_valid(SECRET, headers, body + b" ")

    monkeypatch.setattr("time.time", lambda: TIMESTAMP + 301)
    assert not is_valid(SECRET, headers, body)
