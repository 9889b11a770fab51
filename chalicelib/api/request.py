"""Parse and validate requests: body, query and headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, Final, NoReturn, TypeVar

from chalice.app import Request as ChaliceRequest
from pydantic import BaseModel, Field, ValidationError

from chalicelib.api.fields import RequestModel
from chalicelib.shared.errors import Malformed, TooLarge, Unprocessable, UnsupportedMedia

B = TypeVar("B", bound=RequestModel)
M = TypeVar("M", bound=BaseModel)

MAX_BODY_BYTES: Final = 64 * 1024
MAX_FILE_BYTES: Final = 4 * 1024 * 1024
"""The largest file. Lambda takes an event of up to 6 MB, in which quotes and line ends take two characters each."""
JSON: Final = "application/json"
_KIB: Final = 1024
_MAX_ERRORS: Final = 50
_MAX_FIELD_NAME_CHARACTERS: Final = 100


class RawRequest(RequestModel):
    """A body that the service reads itself, such as a file. Its digest identifies it to an idempotency key."""

    content: Annotated[bytes, Field(exclude=True)]
    digest: str


class NotAnObject(Malformed):
    code = "not_an_object"
    detail = "The request body must be a JSON object."


class NotJson(Malformed):
    code = "not_json"
    detail = "The request body is not valid JSON."


@dataclass(slots=True)
class Request:
    """The parts of a request that the API reads, its caller once known, and headers for its response."""

    method: str
    path: str
    request_id: str
    source_ip: str
    raw: ChaliceRequest
    caller_id: str = ""
    response_headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: ChaliceRequest) -> Request:
        """Read the request that Chalice made of an event."""
        context: Mapping[str, Any] = request.context
        return cls(
            method=request.method,
            path=str(context.get("path") or request.path),
            request_id=str(context.get("requestId", "")),
            source_ip=str(context.get("identity", {}).get("sourceIp", "")),
            raw=request,
        )

    def header(self, name: str) -> str | None:
        value = self.raw.headers.get(name)
        return None if value is None else str(value)


CURRENT_REQUEST: Final[ContextVar[Request]] = ContextVar("current_request")
"""The request that this thread handles. Chalice's own attribute is shared by all threads of a process."""


def parse_body(
    model: type[B], request: Request, media_types: tuple[str, ...] = (JSON,), max_bytes: int = MAX_BODY_BYTES
) -> B:
    """Read and validate the body.

    Args:
        model: its model; `RawRequest` takes the body as it is.
        request: the request.
        media_types: the media types that the endpoint accepts.
        max_bytes: the largest body that it accepts.

    Raises:
        TooLarge: it has more bytes.
        UnsupportedMedia: it has another media type.
        Malformed: it is not a JSON object.
        Unprocessable: lists every invalid field.
    """
    raw: bytes | str = request.raw.raw_body
    if isinstance(raw, str):
        raw = raw.encode()
    if len(raw) > max_bytes:
        kibibytes = max_bytes // _KIB
        size = f"{kibibytes // _KIB} MiB" if kibibytes >= _KIB else f"{kibibytes} KiB"
        raise TooLarge(f"The request body must not exceed {size}.")
    if not raw.strip() and model is not RawRequest:
        return validate(model, {})
    _require_media_type(request.header("content-type"), media_types)
    if model is RawRequest:
        return validate(model, {"content": raw, "digest": sha256(raw).hexdigest()})
    return validate(model, _object(raw))


def validate(model: type[M], values: Mapping[str, object]) -> M:
    """Validate values against a model.

    Raises:
        Unprocessable: lists the invalid fields, up to 50, so that no response is much larger than its request.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        listed = error.errors(include_url=False)[:_MAX_ERRORS]
        found = tuple((_field_name(item["loc"]), _message(item)) for item in listed)
        raise Unprocessable(errors=found) from None


def _require_media_type(content_type: str | None, accepted: tuple[str, ...]) -> None:
    media = (content_type or accepted[0]).partition(";")[0].strip().lower()
    if media not in accepted:
        raise UnsupportedMedia(f"The content type must be {' or '.join(accepted)}.")


def _object(raw: bytes) -> dict[str, object]:
    try:
        document = json.loads(
            raw.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_without_duplicates,
        )
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise NotJson from error
    if not isinstance(document, dict):
        raise NotAnObject
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is repeated")
    return members


def _field_name(location: tuple[int | str, ...]) -> str:
    return (".".join(str(part) for part in location) or "body")[:_MAX_FIELD_NAME_CHARACTERS]


def _message(item: Mapping[str, Any]) -> str:
    kind = item["type"]
    if kind == "extra_forbidden":
        return "this field is unknown"
    if kind == "missing":
        return "this field is required"
    return str(item["msg"]).removeprefix("Value error, ")
