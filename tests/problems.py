"""What every refusal of the API looks like."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from tests.http_client import Response

_MEMBERS: Final = {"type", "title", "status", "detail", "instance", "code"}


def problem(answer: Response, status: int, code: str) -> Any:
    """The document of a refusal, which must be a whole RFC 9457 problem of this status and code."""
    assert (answer.status, answer.code) == (status, code), answer.body
    document = answer.json
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(document) >= _MEMBERS
    assert document["status"] == status
    assert document["title"] == HTTPStatus(status).phrase
    assert document["type"] == f"urn:problem:{code.replace('_', '-')}"
    assert document["instance"].startswith("/")
    assert len(document["detail"]) > 10
    assert answer.headers["x-request-id"]
    return document


def wrong_fields(answer: Response) -> list[str]:
    """The fields that a 422 names, each with a message."""
    errors = problem(answer, 422, answer.code)["errors"]
    assert all(error["message"] for error in errors)
    return [error["field"] for error in errors]
