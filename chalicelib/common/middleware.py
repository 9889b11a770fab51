"""What surrounds every request: identity of the request, its log line, security headers, one error shape."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from chalice.app import Request, Response

from chalicelib.common import problems
from chalicelib.common.metering import Meter, metered
from chalicelib.common.observability import logger
from chalicelib.common.requests import Incoming, remember

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_CHALICE_CODES: Final = {
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "This address does not take this method."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("unsupported_media_type", "Send application/json."),
}


def around_request(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Chalice `http` middleware: the first and the last that sees a request."""
    incoming = Incoming.of(request)
    remember(incoming)
    started = time.perf_counter()
    with metered() as meter:
        response = _in_our_shape(get_response(request), incoming)
    for name, value in {
        "X-Request-Id": incoming.request_id,
        **incoming.response_headers,
        **SECURITY_HEADERS,
    }.items():
        response.headers.setdefault(name, value)
    _log(incoming, response, meter, time.perf_counter() - started)
    return response


def _in_our_shape(response: Response, incoming: Incoming) -> Response:
    """Turn Chalice's `{Code, Message}` bodies into problem documents."""
    if not (isinstance(response.body, dict) and set(response.body) == {"Code", "Message"}):
        return response
    status = HTTPStatus(response.status_code)
    code, detail = _CHALICE_CODES.get(status, ("internal_error", "Something went wrong on our side."))
    kept = {name: str(value) for name, value in response.headers.items() if name.lower() == "allow"}
    return problems.problem(status, code, detail, incoming.path, headers=kept)


def _log(incoming: Incoming, response: Response, meter: Meter, seconds: float) -> None:
    context: Mapping[str, Any] = incoming.raw.context
    logger().info(
        "request",
        extra={
            "request_id": incoming.request_id,
            "method": incoming.method,
            "route": context.get("resourcePath"),
            "status": response.status_code,
            "code": _problem_code(response),
            "duration_ms": round(seconds * 1000, 1),
            "round_trips": meter.round_trips,
            "read_units": meter.read_units,
            "write_units": meter.write_units,
        },
    )


def _problem_code(response: Response) -> str | None:
    if response.headers.get("Content-Type") != problems.MEDIA_TYPE:
        return None
    return str(json.loads(response.body)["code"])
