"""Stands where API Gateway stands in the cloud: takes HTTP requests to the Chalice application and back."""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from chalice.app import Chalice, CORSConfig

from local.compression import compressed
from local.events import Match, ResourceTable, proxy_event
from local.http_messages import HttpRequest, HttpResponse, refusal
from local.lambda_context import LambdaContext

_log: Final = logging.getLogger(__name__)


class Gateway:
    """Answers requests by invoking the application, one Lambda context and one event each.

    Safe for threads: ``Chalice.__call__`` builds a request and a handler of its own per call. It also writes
    them to ``app.current_request`` and ``app.lambda_context``, which all threads share: the platform reads
    neither, and a test keeps it so.
    """

    def __init__(self, app: Chalice, *, stage: str = "local") -> None:
        self._app = app
        self._stage = stage
        self._resources = ResourceTable(list(app.routes))

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The application's answer, or the gateway's own for what the application never sees."""
        match = self._resources.match(request.target.partition("?")[0])
        if match is None:
            return _nothing_here(request)
        if request.method == "OPTIONS" and "OPTIONS" not in self._app.routes[match.resource]:
            cors = self._cors(match)
            if cors is not None:
                return self._preflight(match, cors)
        return compressed(request, self._invoke(request, match))

    def _invoke(self, request: HttpRequest, match: Match) -> HttpResponse:
        binary_types = self._app.api.binary_types
        event = proxy_event(request, match, stage=self._stage, binary_types=binary_types)
        try:
            return _response(self._app(event, LambdaContext()))
        except Exception:  # noqa: BLE001  # one bad invocation must not end the server; the cloud answers 5xx too
            _log.exception("the application failed on %s %s", request.method, match.resource)
            return _broken(request)

    def _cors(self, match: Match) -> CORSConfig | None:
        entries = self._app.routes[match.resource].values()
        return next((entry.cors for entry in entries if isinstance(entry.cors, CORSConfig)), None)

    def _preflight(self, match: Match, cors: CORSConfig) -> HttpResponse:
        methods = ",".join([*self._app.routes[match.resource], "OPTIONS"])
        headers = {**cors.get_access_control_headers(), "Access-Control-Allow-Methods": methods}
        return HttpResponse(HTTPStatus.OK, tuple(headers.items()), b"")


def _response(answer: Mapping[str, Any]) -> HttpResponse:
    body = answer.get("body") or ""
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else _bytes(body)
    return HttpResponse(int(answer["statusCode"]), tuple(_headers(answer)), raw)


def _headers(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    repeated: Mapping[str, list[str]] = answer.get("multiValueHeaders") or {}
    single: Mapping[str, str] = answer.get("headers") or {}
    yield from ((name, value) for name, value in single.items() if name not in repeated)
    yield from ((name, value) for name, values in repeated.items() for value in values)


def _bytes(body: str | bytes) -> bytes:
    return body if isinstance(body, bytes) else body.encode()


def _nothing_here(request: HttpRequest) -> HttpResponse:
    path = request.target.partition("?")[0]
    return refusal(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this address.", _request_id(), path)


def _broken(request: HttpRequest) -> HttpResponse:
    path = request.target.partition("?")[0]
    detail = "Something went wrong on our side."
    return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail, _request_id(), path)


def _request_id() -> str:
    return str(uuid.uuid4())
