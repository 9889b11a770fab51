"""What surrounds every request: identity of the request, its log line, security headers, one error shape."""

from __future__ import annotations

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
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "This address does not take this method."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("unsupported_media_type", "Send application/json."),
    HTTPStatus.BAD_REQUEST: ("malformed_request", "The request cannot be read."),
}
_CORRELATION_FORM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}", re.ASCII)
_OUR_FAULT: Final = 500


def around_request(request: ChaliceRequest, get_response: Callable[[ChaliceRequest], Response]) -> Response:
    """Chalice `http` middleware: the first and the last that sees a request.

    Nothing may escape it: outside of it Chalice answers in a shape of its own, without our headers.
    """
    incoming = Request.of(request)
    set_current_request(incoming)
    identity = _identity(incoming)
    started = time.perf_counter()
    with identified(**identity), record_consumed_capacity() as meter, metrics.tallied() as tally:
        try:
            response = _in_our_shape(get_response(request), incoming)
        except Exception:  # noqa: BLE001 - the last guard: whatever fails inside gets an answer
            logger().exception("unexpected failure outside of the views")
            response = problems.internal_error(incoming.path)
        _add_headers(response, incoming, identity)
        _record(incoming, response, meter, tally, (time.perf_counter() - started) * 1000)
    return response


def _identity(incoming: Request) -> dict[str, str]:
    """The id that the gateway gave, and the caller's own where it has a form that is safe to repeat."""
    given = incoming.header(CORRELATION) or ""
    own = {"correlation_id": given} if _CORRELATION_FORM.fullmatch(given) else {}
    return {"request_id": incoming.request_id, **own}


def _add_headers(response: Response, incoming: Request, identity: Mapping[str, str]) -> None:
    own = {CORRELATION: identity["correlation_id"]} if "correlation_id" in identity else {}
    headers = {"X-Request-Id": incoming.request_id, **own, **incoming.response_headers, **SECURITY_HEADERS}
    for name, value in headers.items():
        response.headers.setdefault(name, value)


def _in_our_shape(response: Response, incoming: Request) -> Response:
    """Turn Chalice's `{Code, Message}` bodies into problem documents."""
    if not (isinstance(response.body, dict) and set(response.body) == {"Code", "Message"}):
        return response
    status = HTTPStatus(response.status_code)
    code, detail = _CHALICE_CODES.get(status, ("internal_error", "Something went wrong on our side."))
    kept = {name: str(value) for name, value in response.headers.items() if name.lower() == "allow"}
    return problems.problem(status, code, detail, incoming.path, headers=kept)


def _record(
    incoming: Request, response: Response, meter: ConsumedCapacity, tally: Mapping[str, int], milliseconds: float
) -> None:
    """Log the request and emit its metrics. A failure here is told, and the caller gets the answer all the same."""
    route = f"{incoming.method} {incoming.raw.context.get('resourcePath')}"
    failed = response.status_code >= _OUR_FAULT
    try:
        _log(incoming, response, meter, milliseconds)
        metrics.emit(metrics.Invocation("route", route, incoming.request_id, milliseconds, failed), tally)
    except Exception:  # noqa: BLE001 - the answer is made, and the request's effect may have happened
        logger().exception("the request was not recorded")


def _log(incoming: Request, response: Response, meter: ConsumedCapacity, milliseconds: float) -> None:
    context: Mapping[str, Any] = incoming.raw.context
    logger().info(
        "request",
        extra={
            "method": incoming.method,
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
