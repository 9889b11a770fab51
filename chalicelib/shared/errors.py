"""The kinds of refusal and failure. They know no HTTP: one table at the edge maps kinds to statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class AppError(Exception):
    """The platform declines a request; nothing was changed.

    A named refusal sets ``code`` (stable snake case, part of the API) and passes a sentence for people.
    ``facts`` are extra members of the answer, such as the amount that is needed.
    """

    code: ClassVar[str] = "refused"
    detail: str = "The request was refused."

    def __init__(self, detail: str | None = None, **facts: str) -> None:
        self.detail = detail or type(self).detail
        self.facts: Mapping[str, str] = facts
        super().__init__(self.detail)


class Malformed(AppError):
    """The request cannot be read at all."""

    code = "malformed_request"
    detail = "The request cannot be read."


class Unauthenticated(AppError):
    """Nobody is known to be calling."""

    code = "not_authenticated"
    detail = "Sign in and send the access token."


class Forbidden(AppError):
    """The caller is known and may not do this."""

    code = "forbidden"
    detail = "You may not do this."


class NotFound(AppError):
    """The thing does not exist, or the caller may not know that it does."""

    code = "not_found"
    detail = "There is no such thing here."


class Conflict(AppError):
    """The state of things forbids it."""

    code = "conflict"
    detail = "The present state does not allow this."


class TooLarge(AppError):
    """The body is larger than the platform reads."""

    code = "body_too_large"
    detail = "The body is too large."


class UnsupportedMedia(AppError):
    """The body is of a media type that this call does not read."""

    code = "unsupported_media_type"
    detail = "Send application/json."


class Unprocessable(AppError):
    """A field is wrong. ``errors`` names each field with its message."""

    code = "invalid_request"
    detail = "Some fields are wrong."

    def __init__(self, detail: str | None = None, *, errors: tuple[tuple[str, str], ...] = (), **facts: str) -> None:
        super().__init__(detail, **facts)
        self.errors = errors


class TooManyRequests(AppError):
    """A limit was passed; ``retry_after_seconds`` says when to come back."""

    code = "too_many_requests"
    detail = "Too many requests."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(AppError):
    """Our side is busy or unreachable; the same request may go through later."""

    code = "temporarily_unavailable"
    detail = "The platform is busy. Try again in a moment."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
