"""RFC 9457 problem documents, and the HTTP status of each kind of error."""

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
    for ancestor in kind.__mro__:
        if ancestor in STATUS_OF:
            return STATUS_OF[ancestor]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def for_error(error: errors.AppError, instance: str) -> Response:
    """Return the response to a rejected request; ``instance`` is its path."""
    status = status_of(type(error))
    members: dict[str, Any] = dict(error.facts)
    if isinstance(error, errors.Unprocessable) and error.errors:
        members["errors"] = [{"field": field, "message": message} for field, message in error.errors]
    headers = {}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.TooManyRequests | errors.Unavailable):
        headers["Retry-After"] = str(max(1, error.retry_after_seconds))
    return problem(status, error.code, error.detail, instance, members, headers)


def internal_error(path: str) -> Response:
    """Return the response to an unexpected failure, without any detail of it."""
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong on our side.", path)


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    instance: str,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document with its headers; ``members`` are further fields."""
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
