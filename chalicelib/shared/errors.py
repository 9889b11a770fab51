"""The kinds of errors. They do not depend on HTTP: a table in api.problems maps them to statuses."""

from collections.abc import Mapping
from typing import ClassVar


class AppError(Exception):
    """A request was rejected, and nothing was changed.

    A subclass sets ``code``, stable snake case that is part of the API, and ``detail``, a sentence for people.
    ``facts`` are further fields of the response, such as the amount that is needed.
    """

    code: ClassVar[str] = "refused"
    detail: str = "The request was rejected."

    def __init__(self, detail: str | None = None, **facts: str) -> None:
        self.detail = detail or type(self).detail
        self.facts: Mapping[str, str] = facts
        super().__init__(self.detail)


class Malformed(AppError):
    code = "malformed_request"
    detail = "The request could not be parsed."


class Unauthenticated(AppError):
    code = "not_authenticated"
    detail = "Authentication is required. Sign in and send the access token with the request."


class Forbidden(AppError):
    code = "forbidden"
    detail = "You do not have permission to do this."


class NotFound(AppError):
    """The resource does not exist, or the caller may not see it."""

    code = "not_found"
    detail = "There is nothing at this address."


class Conflict(AppError):
    """The state of the resource does not allow the operation."""

    code = "conflict"
    detail = "The current state of the resource does not allow this operation."


class TooLarge(AppError):
    code = "body_too_large"
    detail = "The request body is too large."


class UnsupportedMedia(AppError):
    code = "unsupported_media_type"
    detail = "The content type must be application/json."


class Unprocessable(AppError):
    """A field is invalid. ``errors`` has a message for each field."""

    code = "invalid_request"
    detail = "Some fields are invalid."

    def __init__(self, detail: str | None = None, *, errors: tuple[tuple[str, str], ...] = (), **facts: str) -> None:
        super().__init__(detail, **facts)
        self.errors = errors


class TooManyRequests(AppError):
    """A rate limit is exceeded; the client may retry after ``retry_after_seconds``."""

    code = "too_many_requests"
    detail = "Too many requests."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(AppError):
    """A resource of the platform is busy or unreachable; the client may retry."""

    code = "temporarily_unavailable"
    detail = "The platform is busy. Try again in a moment."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
