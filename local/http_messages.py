"""HTTP requests and responses as the server and the gateway exchange them."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from chalicelib.api import cors
from chalicelib.api.middleware import SECURITY_HEADERS
from chalicelib.api.problems import problem

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it was received: ``target`` is the path with its query, still percent-encoded."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response without the headers that belong to the connection."""

    status: int
    headers: Headers
    body: bytes


def problem_response(status: HTTPStatus, code: str, detail: str, request_id: str, instance: str = "/") -> HttpResponse:
    """Return a problem document for a request that does not reach the platform, as API Gateway does."""
    document = problem(status, code, detail, instance)
    headers = {**document.headers, "X-Request-Id": request_id, **SECURITY_HEADERS, **cors.response_headers()}
    return HttpResponse(
        int(status), tuple((name, str(value)) for name, value in headers.items()), document.body.encode()
    )
