"""Chalice middleware of HTTP requests: request id, log line, metrics, security headers and one error format."""

import json
import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from chalice.app import Request as ChaliceRequest
from chalice.app import Response

from chalicelib.api import problems
from chalicelib.api.request import Request, set_current_request
from chalicelib.dynamodb.consumed_capacity import ConsumedCapacity, record_consumed_capacity
from chalicelib.observability import metrics
from chalicelib.observability.logging import identified, logger

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
CORRELATION: Final = "X-Correlation-Id"
_CHALICE_CODES: Final = {
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "This address does not support this method."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("unsupported_media_type", "Send application/json."),
    HTTPStatus.BAD_REQUEST: ("malformed_request", "The request cannot be parsed."),
}
_CORRELATION_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}", re.ASCII)
_SERVER_ERROR: Final = 500


def around_request(request: ChaliceRequest, get_response: Callable[[ChaliceRequest], Response]) -> Response:
    """Run a request inside the middleware.

    No exception may leave it, because Chalice would respond in another format and without our headers.
    """
    current = Request.of(request)
    set_current_request(current)
    identity = _identity(current)
    started = time.perf_counter()
    with identified(**identity), record_consumed_capacity() as meter, metrics.tallied() as tally:
        try:
            response = _as_problem(get_response(request), current)
        except Exception:  # noqa: BLE001 - the last guard: every failure gets a response
            logger().exception("unexpected failure outside of the views")
            response = problems.internal_error(current.path)
        _add_headers(response, current, identity)
        _record(current, response, meter, tally, (time.perf_counter() - started) * 1000)
    return response


def _identity(current: Request) -> dict[str, str]:
    """Return the gateway's request id, and the caller's correlation id if its form is safe to repeat."""
    given = current.header(CORRELATION) or ""
    own = {"correlation_id": given} if _CORRELATION_PATTERN.fullmatch(given) else {}
    return {"request_id": current.request_id, **own}


def _add_headers(response: Response, current: Request, identity: Mapping[str, str]) -> None:
    own = {CORRELATION: identity["correlation_id"]} if "correlation_id" in identity else {}
    headers = {"X-Request-Id": current.request_id, **own, **current.response_headers, **SECURITY_HEADERS}
    for name, value in headers.items():
        response.headers.setdefault(name, value)


def _as_problem(response: Response, current: Request) -> Response:
    """Convert Chalice's `{Code, Message}` bodies to problem documents."""
    if not (isinstance(response.body, dict) and set(response.body) == {"Code", "Message"}):
        return response
    status = HTTPStatus(response.status_code)
    code, detail = _CHALICE_CODES.get(status, ("internal_error", "Something went wrong on our side."))
    kept = {name: str(value) for name, value in response.headers.items() if name.lower() == "allow"}
    return problems.problem(status, code, detail, current.path, headers=kept)


def _record(
    current: Request, response: Response, meter: ConsumedCapacity, tally: Mapping[str, int], milliseconds: float
) -> None:
    """Log the request and emit its metrics. If that fails, the caller still gets the response."""
    route = f"{current.method} {current.raw.context.get('resourcePath')}"
    failed = response.status_code >= _SERVER_ERROR
    try:
        _log(current, response, meter, milliseconds)
        metrics.emit(metrics.Invocation("route", route, current.request_id, milliseconds, failed), tally)
    except Exception:  # noqa: BLE001 - the response exists, and the request may have had its effect
        logger().exception("the request was not recorded")


def _log(current: Request, response: Response, meter: ConsumedCapacity, milliseconds: float) -> None:
    context: Mapping[str, Any] = current.raw.context
    logger().info(
        "request",
        extra={
            "method": current.method,
            "route": context.get("resourcePath"),
            "status": response.status_code,
            "code": _problem_code(response),
            "duration_ms": round(milliseconds, 1),
            "round_trips": meter.round_trips,
            "read_units": meter.read_units,
            "write_units": meter.write_units,
        },
    )


def _problem_code(response: Response) -> str | None:
    if response.headers.get("Content-Type") != problems.MEDIA_TYPE:
        return None
    return str(json.loads(response.body)["code"])
