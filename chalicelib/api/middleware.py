"""Chalice middleware of HTTP requests: request id, log line, metrics, security headers and one error format."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from chalice.app import Request as ChaliceRequest
from chalice.app import Response

from chalicelib.api import cors, problems
from chalicelib.api.request import CURRENT_REQUEST, Request
from chalicelib.api.security_log import LogPseudonyms
from chalicelib.dynamodb.consumed_capacity import ConsumedCapacity, record_consumed_capacity
from chalicelib.observability import metrics
from chalicelib.observability.logging import LOG_IDENTITY, logger
from chalicelib.shared.context import context_value
from chalicelib.shared.errors import Unavailable

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
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("unsupported_media_type", "The content type must be application/json."),
    HTTPStatus.BAD_REQUEST: ("malformed_request", "The request could not be parsed."),
}
_CORRELATION_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}", re.ASCII)
_SERVER_ERROR: Final = 500


def around_request(
    pseudonyms: Callable[[], LogPseudonyms], request: ChaliceRequest, get_response: Callable[[ChaliceRequest], Response]
) -> Response:
    """Run a request inside the middleware.

    No exception may leave it, because Chalice would respond in another format and without our headers.
    """
    current = Request.of(request)
    CURRENT_REQUEST.set(current)
    identity = {"request_id": current.request_id}
    correlation_id = current.header(CORRELATION) or ""
    echoed: dict[str, str] = {}
    if _CORRELATION_PATTERN.fullmatch(correlation_id):  # safe to repeat
        identity, echoed = {**identity, "correlation_id": correlation_id}, {CORRELATION: correlation_id}
    started = time.perf_counter()
    tally: Counter[str] = Counter()
    with (
        context_value(LOG_IDENTITY, identity),
        context_value(metrics.TALLY, tally),
        record_consumed_capacity() as meter,
    ):
        try:
            response = get_response(request)
            if isinstance(response.body, dict) and response.body.keys() == {"Code", "Message"}:
                response = _as_problem(response, current)
        except Exception:  # noqa: BLE001 - the last guard: every failure gets a response
            logger().exception("unexpected failure outside of the views")
            response = problems.internal_error(current.path)
        headers = {
            "X-Request-Id": current.request_id,
            **echoed,
            **current.response_headers,
            **SECURITY_HEADERS,
            **cors.response_headers(),
        }
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        _record(current, response, pseudonyms, meter, tally, (time.perf_counter() - started) * 1000)
    return response


def _as_problem(response: Response, current: Request) -> Response:
    """Convert one of Chalice's `{Code, Message}` bodies to a problem document."""
    status = HTTPStatus(response.status_code)
    code, detail = _CHALICE_CODES.get(status, ("internal_error", "Something went wrong on our side."))
    kept = {name: str(value) for name, value in response.headers.items() if name.lower() == "allow"}
    return problems.problem(status, code, detail, current.path, headers=kept)


def _record(
    current: Request,
    response: Response,
    pseudonyms: Callable[[], LogPseudonyms],
    meter: ConsumedCapacity,
    tally: Mapping[str, int],
    milliseconds: float,
) -> None:
    """Log the request and emit its metrics. If that fails, the caller still gets the response."""
    context: Mapping[str, Any] = current.raw.context
    route, status = context.get("resourcePath"), response.status_code
    try:
        people: dict[str, str] = {}
        with suppress(Unavailable):  # without the key, the line is written without pseudonyms
            known = pseudonyms()
            people["address"] = known.of_address(current.source_ip)
            if current.caller_id:
                people["user"] = known.of_user(current.caller_id)
        is_problem = response.headers.get("Content-Type") == problems.MEDIA_TYPE
        logger().info(
            "request",
            extra={
                "method": current.method,
                "route": route,
                "status": status,
                "code": str(json.loads(response.body)["code"]) if is_problem else None,
                "duration_ms": round(milliseconds, 1),
                "round_trips": meter.round_trips,
                "read_units": meter.read_units,
                "write_units": meter.write_units,
                **people,
            },
        )
        name, failed = f"{current.method} {route}", status >= _SERVER_ERROR
        metrics.emit(metrics.Invocation("route", name, current.request_id, milliseconds, failed), tally)
    except Exception:  # noqa: BLE001 - the response exists, and the request may have had its effect
        logger().exception("the request was not recorded")
