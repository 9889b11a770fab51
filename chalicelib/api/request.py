"""Reading a request: body, query, headers, without trusting any of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeVar

from chalice.app import Request as ChaliceRequest
from pydantic import BaseModel, ValidationError

from chalicelib.api.fields import Query, RequestModel
from chalicelib.shared.errors import Malformed, TooLarge, Unprocessable, UnsupportedMedia

B = TypeVar("B", bound=RequestModel)
Q = TypeVar("Q", bound=Query)

LARGEST_BODY: Final = 64 * 1024
_SCHEMES: Final = ("bearer", "token")
_MOST_ERRORS: Final = 50
_LONGEST_FIELD_NAME: Final = 100


class NotAnObject(Malformed):
    """The body is JSON, but not an object."""

    code = "not_an_object"
    detail = "Send a JSON object."


class NotJson(Malformed):
    """The body is no JSON document that the platform reads."""

    code = "not_json"
    detail = "The body is not valid JSON."


@dataclass(slots=True)
class Request:
    """The parts of a request that the edge reads, and headers that the answer will carry."""

    method: str
    path: str
    request_id: str
    source_ip: str
    raw: ChaliceRequest
    response_headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: ChaliceRequest) -> Request:
        """Read Chalice's request."""
        context: Mapping[str, Any] = request.context
        return cls(
            method=request.method,
            path=str(context.get("path") or request.path),
            request_id=str(context.get("requestId", "")),
            source_ip=str(context.get("identity", {}).get("sourceIp", "")),
            raw=request,
        )

    def header(self, name: str) -> str | None:
        """A request header, by its name in any case."""
        value = self.raw.headers.get(name)
        return None if value is None else str(value)

    def bearer_token(self) -> str | None:
        """The token of `Authorization: Bearer …` (or `Token …`)."""
        scheme, _, token = (self.header("authorization") or "").partition(" ")
        token = token.strip()
        return token if scheme.lower() in _SCHEMES and token else None


_CURRENT: ContextVar[Request] = ContextVar("incoming_request")


def current_request() -> Request:
    """The request that this thread answers. Chalice's own attribute is shared by all threads of a process."""
    return _CURRENT.get()


def remember(incoming: Request) -> None:
    """Make a request the current one."""
    _CURRENT.set(incoming)


def parse_body(model: type[B], incoming: Request) -> B:
    """Read and validate the body.

    Raises:
        TooLarge: more than 64 KiB.
        UnsupportedMedia: a body of another type than JSON.
        Malformed: not JSON, or not an object.
        Unprocessable: names every wrong field.
    """
    raw: bytes | str = incoming.raw.raw_body
    if isinstance(raw, str):
        raw = raw.encode()
    if len(raw) > LARGEST_BODY:
        raise TooLarge("Bodies hold at most 64 KiB.")
    if not raw.strip():
        return validate(model, {})
    _require_json(incoming.header("content-type"))
    return validate(model, _object(raw))


def parse_query(model: type[Q], incoming: Request) -> Q:
    """Read and validate the query parameters; of a repeated one the last counts.

    Raises:
        Unprocessable: names every wrong parameter.
    """
    return validate(model, dict(incoming.raw.query_params or {}))


M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], values: Mapping[str, object]) -> M:
    """Validate values against a model.

    Raises:
        Unprocessable: names every wrong field, of very many the first: no answer outgrows its request by far.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        told = error.errors(include_url=False)[:_MOST_ERRORS]
        found = tuple((_field_name(item["loc"]), _message(item)) for item in told)
        raise Unprocessable(errors=found) from None


def _require_json(content_type: str | None) -> None:
    media = (content_type or "application/json").partition(";")[0].strip().lower()
    if media != "application/json":
        raise UnsupportedMedia


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
        raise ValueError("a member is given twice")
    return members


def _field_name(location: tuple[int | str, ...]) -> str:
    return (".".join(str(part) for part in location) or "body")[:_LONGEST_FIELD_NAME]


def _message(item: Mapping[str, Any]) -> str:
    kind = item["type"]
    if kind == "extra_forbidden":
        return "this field is not known here"
    if kind == "missing":
        return "this field is required"
    return str(item["msg"]).removeprefix("Value error, ")
