"""Problem documents, the error responses of the API."""

from http import HTTPStatus
from typing import Any, Final

from tests.http_client import Response

_MEMBERS: Final = {"type", "title", "status", "detail", "instance", "code"}


def problem(response: Response, status: int, code: str) -> Any:
    """Check that a response is a complete RFC 9457 problem with this status and code; return it."""
    assert (response.status, response.code) == (status, code), response.body
    document = response.json
    assert response.headers["content-type"] == "application/problem+json"
    assert set(document) >= _MEMBERS
    assert document["status"] == status
    assert document["title"] == HTTPStatus(status).phrase
    assert document["type"] == f"urn:problem:{code.replace('_', '-')}"
    assert document["instance"].startswith("/")
    assert len(document["detail"]) > 10
    assert response.headers["x-request-id"]
    return document


def wrong_fields(response: Response) -> list[str]:
    """Return the fields that a 422 names, each with a message."""
    errors = problem(response, 422, response.code)["errors"]
    assert all(error["message"] for error in errors)
    return [error["field"] for error in errors]
