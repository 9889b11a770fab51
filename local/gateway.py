"""The local API Gateway: pass HTTP requests to the Chalice application, and compress its responses."""

import base64
import gzip
import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from chalice.app import Chalice

from chalicelib.admin.domain.sandbox_clock import ClockAdvancing
from chalicelib.api import cors
from local.events import Match, ResourceTable, proxy_event
from local.http_messages import HttpRequest, HttpResponse, problem_response
from local.lambda_context import LambdaContext
from local.write_barrier import WriteBarrier

MINIMUM_BYTES: Final = 1024
"""The stages set the same as `minimum_compression_size`: compressing a smaller body saves nothing."""

_GZIP_LEVEL: Final = 6
_RETRY_SECONDS: Final = "1"
_log: Final = logging.getLogger(__name__)


class Gateway:
    """Respond to requests by invoking the application, with one Lambda context and one event each.

    Thread-safe: ``Chalice.__call__`` builds a request and a handler of its own per call. It also writes
    them to ``app.current_request`` and ``app.lambda_context``, which all threads share: the platform reads
    neither, as a test ensures.
    """

    def __init__(
        self, app: Chalice, *, stage: str = "local", cors_origin: str = "", barrier: WriteBarrier | None = None
    ) -> None:
        self._app = app
        self._cors_origin = cors_origin
        self._stage = stage
        self._barrier = barrier or WriteBarrier(bool)
        self._resources = ResourceTable(list(app.routes))

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Return the application's response, or the gateway's own for a request that does not reach it."""
        match = self._resources.match(request.target.partition("?")[0])
        if match is None:
            return _not_found(request)
        if request.method == "OPTIONS" and self._cors_origin:
            headers = cors.preflight_headers(self._cors_origin, self._app.routes[match.resource])
            return HttpResponse(HTTPStatus.OK, tuple(headers.items()), b"")
        with self._barrier.admitted(request.method, match.resource) as is_admitted:
            response = self._invoke(request, match) if is_admitted else _clock_advancing(request)
        return compressed(request, response)

    def _invoke(self, request: HttpRequest, match: Match) -> HttpResponse:
        binary_types = self._app.api.binary_types
        event = proxy_event(request, match, stage=self._stage, binary_types=binary_types)
        try:
            return _response(self._app(event, LambdaContext()))
        except Exception:  # noqa: BLE001  # one bad invocation must not end the server; the cloud responds with 5xx too
            _log.exception("the application failed on %s %s", request.method, match.resource)
            return _internal_error(request)


def compressed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the response in gzip if the client accepts it, the body is large enough and not encoded yet."""
    if len(response.body) < MINIMUM_BYTES or not _accepts_gzip(request):
        return response
    if any(name.lower() == "content-encoding" for name, _ in response.headers):
        return response
    headers = (*response.headers, ("Content-Encoding", "gzip"))
    return replace(response, headers=headers, body=gzip.compress(response.body, _GZIP_LEVEL, mtime=0))


def _accepts_gzip(request: HttpRequest) -> bool:
    accepted = ",".join(value for name, value in request.headers if name.lower() == "accept-encoding")
    codings = (coding.partition(";") for coding in accepted.split(","))
    return any(name.strip().lower() == "gzip" and weight.replace(" ", "") != "q=0" for name, _, weight in codings)


def _response(result: Mapping[str, Any]) -> HttpResponse:
    body = result.get("body") or ""
    raw = base64.b64decode(body) if result.get("isBase64Encoded") else _bytes(body)
    return HttpResponse(int(result["statusCode"]), tuple(_headers(result)), raw)


def _headers(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    repeated: Mapping[str, list[str]] = result.get("multiValueHeaders") or {}
    single: Mapping[str, str] = result.get("headers") or {}
    yield from ((name, value) for name, value in single.items() if name not in repeated)
    yield from ((name, value) for name, values in repeated.items() for value in values)


def _bytes(body: str | bytes) -> bytes:
    return body if isinstance(body, bytes) else body.encode()


def _not_found(request: HttpRequest) -> HttpResponse:
    path = request.target.partition("?")[0]
    return problem_response(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this address.", _request_id(), path)


def _clock_advancing(request: HttpRequest) -> HttpResponse:
    path = request.target.partition("?")[0]
    error = ClockAdvancing()
    refused = problem_response(HTTPStatus.SERVICE_UNAVAILABLE, error.code, error.detail, _request_id(), path)
    return replace(refused, headers=(*refused.headers, ("Retry-After", _RETRY_SECONDS)))


def _internal_error(request: HttpRequest) -> HttpResponse:
    path = request.target.partition("?")[0]
    detail = "Something went wrong on our side."
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail, _request_id(), path)


def _request_id() -> str:
    return str(uuid.uuid4())
