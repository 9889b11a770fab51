"""Requests and responses as the server and the gateway exchange them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from chalicelib.api.middleware import SECURITY_HEADERS
from chalicelib.api.problems import problem

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came over the wire: ``target`` is the still encoded path with its query."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer, without the headers that belong to the connection."""

    status: int
    headers: Headers
    body: bytes


def refusal(status: HTTPStatus, code: str, detail: str, request_id: str, instance: str = "/") -> HttpResponse:
    """A problem document made before the platform is reached, as the cloud's gateway responses are."""
    made = problem(status, code, detail, instance)
    headers = {**made.headers, "X-Request-Id": request_id, **SECURITY_HEADERS}
    return HttpResponse(int(status), tuple((name, str(value)) for name, value in headers.items()), made.body.encode())
