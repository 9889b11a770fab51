"""The HTTP edge: a decorator declares a call, turns requests into typed calls, answers into responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, Generic, Protocol, TypedDict, TypeVar, Unpack

from chalice.app import Blueprint, Response
from pydantic import BaseModel

from chalicelib.api import problems
from chalicelib.api.fields import NoBody, NoQuery, Query, RequestModel
from chalicelib.api.rate_limiting.fixed_window import LimitExceeded, RateLimitState
from chalicelib.api.request import Request, current_request, parse_body, parse_query
from chalicelib.dynamodb.errors import is_transient
from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.observability import metrics
from chalicelib.observability.logging import logger
from chalicelib.shared.actor import Actor
from chalicelib.shared.errors import AppError, Forbidden, NotFound, Unauthenticated, Unavailable
from chalicelib.shared.ids import is_id

B = TypeVar("B", bound=RequestModel)
Q = TypeVar("Q", bound=Query)
JSON: Final = "application/json"


class AccessLevel(Enum):
    """Who may call."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    OPERATOR = "operator"


class RateLimitPolicy(Enum):
    """Which rate limit a call counts against, beside the general one."""

    NEVER = "never"
    GENERAL = "general"
    MONEY = "money"
    AUTH = "auth"


class Gate(Protocol):
    """What the edge needs of the platform: who calls, and may they call now."""

    def identify(self, token: str) -> Actor:
        """The actor of an access token. Raises Unauthenticated."""

    def admit(self, limited: RateLimitPolicy, actor: Actor | None, address: str) -> RateLimitState | None:
        """Count the request. Raises TooManyRequests, or Unavailable where a strict limiter can't count."""


class Edge:
    """Where the edge finds its gate; set once, when the application is put together."""

    def __init__(self) -> None:
        self._find: Callable[[], Gate] | None = None

    def use(self, find: Callable[[], Gate]) -> None:
        """Set the way to the gate."""
        self._find = find

    def gate(self) -> Gate:
        """The gate of the wired platform."""
        if self._find is None:
            raise RuntimeError("the edge has no gate")
        return self._find()


edge: Final = Edge()


@dataclass(frozen=True, slots=True)
class RequestContext(Generic[B, Q]):
    """One authenticated, validated request."""

    incoming: Request
    body: B
    query: Q
    path: Mapping[str, str]
    caller: Actor | None
    idempotency_key: IdempotencyKey | None

    @property
    def actor(self) -> Actor:
        """The signed-in caller."""
        if self.caller is None:
            raise Unauthenticated
        return self.caller


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with more to it than its content."""

    content: BaseModel | None
    replayed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None


View = Callable[[RequestContext[Any, Any]], BaseModel | Reply | None]


class EndpointOptions(TypedDict, total=False):
    """What a declaration may say beside method, path and summary; the defaults stand in `Endpoint`."""

    answer: type[BaseModel]
    status: HTTPStatus
    body: type[RequestModel]
    query: type[Query]
    refusals: tuple[type[AppError], ...]
    access: AccessLevel
    limited: RateLimitPolicy
    idempotent: bool
    media: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The declaration of a call: what runs it, and what documents it."""

    method: str
    path: str
    summary: str
    view: View
    answer: type[BaseModel] | None = None
    status: HTTPStatus = HTTPStatus.OK
    body: type[RequestModel] = NoBody
    query: type[Query] = NoQuery
    refusals: tuple[type[AppError], ...] = ()
    access: AccessLevel = AccessLevel.SIGNED_IN
    limited: RateLimitPolicy = RateLimitPolicy.GENERAL
    idempotent: bool = False
    media: str = JSON
    also: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """The feature that the path names."""
        return self.path.split("/")[2] if self.path.count("/") > 1 else "root"


REGISTRY: Final[list[Endpoint]] = []


def endpoint(
    blueprint: Blueprint, method: str, path: str, summary: str, **facts: Unpack[EndpointOptions]
) -> Callable[[View], View]:
    """Declare a call. Paths are given without a trailing slash; both forms are answered.

    The decorated view takes one `RequestContext` and gives an answer model, a `Reply`, or None (204).
    """

    def declare(view: View) -> View:
        declared = Endpoint(method, path, summary, view, **facts)
        REGISTRY.append(declared)

        def respond(**parameters: str) -> Response:
            return _respond(declared, parameters)

        respond.__name__ = view.__name__
        blueprint.route(path, methods=[method], content_types=["*/*"])(respond)
        return view

    return declare


def _respond(declared: Endpoint, parameters: Mapping[str, str]) -> Response:
    incoming = current_request()
    try:
        return _carry_out(declared, incoming, parameters)
    except LimitExceeded as refusal:
        metrics.count("Throttled")
        incoming.response_headers.update(refusal.quota.headers())
        return problems.of_refusal(refusal, incoming.path)
    except AppError as refusal:
        return problems.of_refusal(refusal, incoming.path)
    except Exception as failure:  # noqa: BLE001 - the edge is the last guard: every failure gets an answer
        if is_transient(failure):
            logger().warning("outage", exc_info=True)
            return problems.of_refusal(Unavailable(), incoming.path)
        logger().exception("unexpected failure")
        return internal_error(incoming.path)


def internal_error(path: str) -> Response:
    """The answer to a failure of our own: nothing inner leaks."""
    return problems.problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong on our side.", path
    )


def _carry_out(declared: Endpoint, incoming: Request, parameters: Mapping[str, str]) -> Response:
    caller = _caller(declared.access, incoming)
    quota = edge.gate().admit(declared.limited, caller, incoming.source_ip)
    incoming.response_headers.update(quota.headers() if quota else {})
    if declared.access is AccessLevel.OPERATOR and not (caller and caller.is_operator):
        raise Forbidden("This is for operators.")
    body = parse_body(declared.body, incoming)
    call = RequestContext(
        incoming=incoming,
        body=body,
        query=parse_query(declared.query, incoming),
        path=parameters,
        caller=caller,
        idempotency_key=_once(declared, incoming, parameters, body, caller),
    )
    return _response(declared, declared.view(call))


def _caller(access: AccessLevel, incoming: Request) -> Actor | None:
    token = incoming.bearer_token()
    if access is AccessLevel.ANYONE:
        return _recognised(token)
    if token is None:
        raise Unauthenticated
    return edge.gate().identify(token)


def _recognised(token: str | None) -> Actor | None:
    """Who calls what anybody may call: a good token counts against the person's limit, not the address's."""
    try:
        return edge.gate().identify(token) if token else None
    except Unauthenticated:
        return None


def _once(
    declared: Endpoint, incoming: Request, parameters: Mapping[str, str], body: RequestModel, caller: Actor | None
) -> IdempotencyKey | None:
    """The key, bound to what is asked for: the same whether the path ended with a slash or not."""
    key = incoming.header("idempotency-key")
    if key is None or not declared.idempotent or caller is None:
        return None
    path = declared.path.format_map(parameters)
    return IdempotencyKey.of(caller.user_id, key, declared.method, path, body.model_dump_json())


def _response(declared: Endpoint, given: BaseModel | Reply | None) -> Response:
    reply = given if isinstance(given, Reply) else Reply(given)
    headers: dict[str, str | list[str]] = dict(reply.headers)
    if reply.replayed:
        headers["Idempotent-Replayed"] = "true"
    text = reply.text if reply.content is None else reply.content.model_dump_json(by_alias=True)
    if text is None:
        return Response("", status_code=int(HTTPStatus.NO_CONTENT), headers=headers)
    headers.setdefault("Content-Type", declared.media)
    return Response(text, status_code=int(declared.status), headers=headers)


def identifier(call: RequestContext[Any, Any], name: str) -> str:
    """A path parameter that is an id; what has not the form of one does not exist.

    Raises:
        NotFound: the text is no ULID.
    """
    text = call.path[name]
    if not is_id(text):
        raise NotFound
    return text
