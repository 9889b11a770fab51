"""RFC 9457 problem documents: one table maps the kinds of refusal to HTTP statuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from chalice.app import Response

from chalicelib.shared import errors

MEDIA_TYPE: Final = "application/problem+json"
STATUS_OF: Final[Mapping[type[errors.AppError], HTTPStatus]] = {
    errors.Malformed: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.Unprocessable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(kind: type[errors.AppError]) -> HTTPStatus:
    """The HTTP status of a refusal's kind."""
    for ancestor in kind.__mro__:
        if ancestor in STATUS_OF:
            return STATUS_OF[ancestor]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def of_refusal(refusal: errors.AppError, instance: str) -> Response:
    """The answer to a request that was declined."""
    status = status_of(type(refusal))
    members: dict[str, Any] = dict(refusal.facts)
    if isinstance(refusal, errors.Unprocessable) and refusal.errors:
        members["errors"] = [{"field": field, "message": message} for field, message in refusal.errors]
    headers = {}
    if isinstance(refusal, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, errors.TooManyRequests | errors.Unavailable):
        headers["Retry-After"] = str(max(1, refusal.retry_after_seconds))
    return problem(status, refusal.code, refusal.detail, instance, members, headers)


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    instance: str,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document with its headers."""
    document = {
        "type": f"urn:problem:{code.replace('_', '-')}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "instance": instance,
        "code": code,
        **(members or {}),
    }
    return Response(
        json.dumps(document, ensure_ascii=False),
        status_code=int(status),
        headers={"Content-Type": MEDIA_TYPE, **(headers or {})},
    )
