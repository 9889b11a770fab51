"""Declare endpoints, and handle their requests: authenticate, limit, validate, call the view, respond."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Generic, Protocol, TypedDict, TypeVar, Unpack

from chalice.app import Blueprint, Response
from pydantic import BaseModel

from chalicelib.api import problems
from chalicelib.api.auth import AccessLevel, authenticate
from chalicelib.api.fields import NoBody, NoQuery, Query, RequestModel
from chalicelib.api.pagination import CursorPage, Cursors
from chalicelib.api.rate_limiting.fixed_window import LimitExceeded, RateLimitState
from chalicelib.api.rate_limiting.limits import RateLimitPolicy, RateLimits
from chalicelib.api.request import CURRENT_REQUEST, JSON, MAX_BODY_BYTES, Request, parse_body, validate
from chalicelib.api.security_log import RECORDED_REFUSALS, SecurityEvent, SecurityLog, refused_subject, viewed_subject
from chalicelib.api.tokens import AccessTokens
from chalicelib.cache.service import Cache
from chalicelib.dynamodb.errors import is_transient
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotentResult
from chalicelib.observability import metrics
from chalicelib.observability.logging import logger
from chalicelib.shared.actor import Actor
from chalicelib.shared.errors import AppError, Forbidden, NotFound, Unauthenticated, Unavailable
from chalicelib.shared.ids import is_id

B = TypeVar("B", bound=RequestModel)
Q = TypeVar("Q", bound=Query)
CSV: Final = "text/csv"


class ApiServices(Protocol):
    """The part of the container that every request needs."""

    @property
    def tokens(self) -> AccessTokens: ...
    @property
    def rate_limits(self) -> RateLimits: ...
    @property
    def cursors(self) -> Cursors: ...
    @property
    def security_log(self) -> SecurityLog: ...

    cache: Cache


@dataclass(frozen=True, slots=True)
class RequestContext(Generic[B, Q]):
    """One authenticated, validated request; ``position`` is where a list continues, None at its start."""

    request: Request
    body: B
    query: Q
    path: Mapping[str, str]
    caller: Actor | None
    idempotency_key: IdempotencyKey | None
    position: Any = None

    @property
    def actor(self) -> Actor:
        if self.caller is None:
            raise Unauthenticated
        return self.caller

    def id(self, name: str = "id") -> str:
        """Return a path parameter that is an id.

        Raises:
            NotFound: the text is not a ULID, so nothing has this id.
        """
        text = self.path[name]
        if not is_id(text):
            raise NotFound
        return text

    def accepts(self, media_type: str) -> bool:
        return media_type in (self.request.header("accept") or "")


Context = RequestContext[Any, Any]


@dataclass(frozen=True, slots=True)
class TextResponse:
    """A response that is not a response model."""

    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def csv(cls, text: str, file_name: str) -> TextResponse:
        disposition = f'attachment; filename="{file_name}"'
        return cls(text, {"Content-Type": f"{CSV}; charset=utf-8", "Content-Disposition": disposition})


@dataclass(frozen=True, slots=True)
class WithStatus:
    """A response with another status than the endpoint's own, one of its ``other_statuses``."""

    response: BaseModel
    status: HTTPStatus


Result = BaseModel | CursorPage | TextResponse | WithStatus | IdempotentResult[Any] | None
View = Callable[[Context], Result]


@dataclass(frozen=True, slots=True)
class Cached:
    """The lifetime and the namespace of a cached response.

    Args:
        namespace: names what the response shows; a change of it makes the response invalid.
        seconds: the longest lifetime.
        from_index: True if the view reads an index, which lags behind the table.
        varies_by: a further value that the response depends on, such as the date.
        personalise: completes a page that all callers share. It takes and returns the page's items by id and its
            position.
    """

    namespace: Callable[[Context], str]
    seconds: int
    from_index: bool = False
    varies_by: Callable[[], object] = str
    personalise: Callable[[Context, dict[str, Any], Any], tuple[dict[str, Any], Any]] | None = None


class EndpointOptions(TypedDict, total=False):
    """Optional parts of a declaration; `Endpoint` has their defaults."""

    response: type[BaseModel]
    accepted: type[BaseModel]
    status: HTTPStatus
    other_statuses: tuple[HTTPStatus, ...]
    body: type[RequestModel]
    media_types: tuple[str, ...]
    max_body_bytes: int
    query: type[Query]
    errors: tuple[type[AppError], ...]
    access: AccessLevel
    rate_limit: RateLimitPolicy
    session_of: Callable[[Any], str | None]
    idempotent: bool
    paginated: Any
    cached: Cached
    other_media_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The declaration of an endpoint, which both runs and documents it.

    Args:
        accepted: the response of status 202, if the request can wait for someone's consent.
        other_statuses: further statuses of a success, which the view names by `WithStatus`.
        media_types: the media types of a body.
        max_body_bytes: the size of the largest body.
        errors: business errors that the endpoint can respond with.
        session_of: returns the session that a body names, or None. Requests then count by session, not by address, so
            that people behind one address do not sign each other out.
        paginated: the type of positions in a list; None if the response is not a list.
        other_media_types: formats besides JSON that the Accept header can ask for.
    """

    method: str
    path: str
    summary: str
    view: View
    response: type[BaseModel] | None = None
    accepted: type[BaseModel] | None = None
    status: HTTPStatus = HTTPStatus.OK
    other_statuses: tuple[HTTPStatus, ...] = ()
    body: type[RequestModel] = NoBody
    media_types: tuple[str, ...] = (JSON,)
    max_body_bytes: int = MAX_BODY_BYTES
    query: type[Query] = NoQuery
    errors: tuple[type[AppError], ...] = ()
    access: AccessLevel = AccessLevel.SIGNED_IN
    rate_limit: RateLimitPolicy = RateLimitPolicy.GENERAL
    session_of: Callable[[Any], str | None] | None = None
    idempotent: bool = False
    paginated: Any = None
    cached: Cached | None = None
    other_media_types: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """The feature that the path names."""
        return self.path.split("/")[2] if self.path.count("/") > 1 else "root"


REGISTRY: Final[list[Endpoint]] = []
"""Every declared endpoint."""


class Router(Blueprint):
    """A Chalice blueprint whose endpoints take a `RequestContext`.

    Args:
        import_name: the module that declares the endpoints.
        services: returns the container's services.
    """

    def __init__(self, import_name: str, services: Callable[[], ApiServices]) -> None:
        super().__init__(import_name)
        self._services = services

    def endpoint(
        self, method: str, path: str, summary: str, **options: Unpack[EndpointOptions]
    ) -> Callable[[View], View]:
        """Declare an endpoint. The path has no trailing slash; requests may add one."""

        def declare(view: View) -> View:
            endpoint = Endpoint(method, path, summary, view, **options)
            REGISTRY.append(endpoint)
            handler: Any = partial(self._handle, endpoint)
            handler.__name__ = view.__name__
            self.route(path, methods=[method], content_types=["*/*"])(handler)
            return view

        return declare

    def _handle(self, endpoint: Endpoint, /, **path: str) -> Response:
        request = CURRENT_REQUEST.get()
        caller: Actor | None = None
        try:
            services = self._services()
            caller = authenticate(services.tokens, request.header("authorization"), endpoint.access)
            request.caller_id = caller.user_id if caller else ""
            state = (
                services.rate_limits.admit(endpoint.rate_limit, caller, request.source_ip)
                if endpoint.session_of is None
                else _admit_session(endpoint, endpoint.session_of, services.rate_limits, request)
            )
            request.response_headers.update(state.headers() if state else {})
            if endpoint.access is AccessLevel.OPERATOR and not (caller and caller.is_operator):
                raise Forbidden("Only operators may use this endpoint.")
            context = _context(endpoint, services, request, path, caller)
            if endpoint.cached is None:
                result = endpoint.view(context)
            else:
                result = TextResponse(_cached_text(endpoint, endpoint.cached, services, context))
            if caller and (endpoint.method == "GET" or getattr(context.body, "dry_run", False)):
                _record_view(endpoint, services, request, path, caller, result)
            return _response(endpoint, services, context, result)
        except AppError as error:
            return self._refused(endpoint, request, path, caller, error)
        except Exception as error:  # noqa: BLE001 - the last guard of a request: every failure gets a response
            if is_transient(error):
                logger().warning("outage", exc_info=True)
                return problems.for_error(Unavailable(), request.path)
            logger().exception("unexpected failure")
            return problems.internal_error(request.path)

    def _refused(
        self, endpoint: Endpoint, request: Request, path: Mapping[str, str], caller: Actor | None, error: AppError
    ) -> Response:
        """Respond to a rejected request. If it would have changed money or a loan, the audit log records it.

        A request without a valid token counts against a limit; a failed sign-in has been counted before.
        """
        try:
            if isinstance(error, Unauthenticated) and endpoint.rate_limit is not RateLimitPolicy.AUTH:
                state = self._services().rate_limits.admit_unauthenticated(error, request.source_ip)
                request.response_headers.update(state.headers() if state else {})
        except LimitExceeded as exceeded:
            error = exceeded
        if isinstance(error, LimitExceeded):
            metrics.count("Throttled")
            request.response_headers.update(error.state.headers())
        if endpoint.idempotent and caller and isinstance(error, RECORDED_REFUSALS):
            event = _event(endpoint, request, caller, refused_subject(endpoint.path, path, caller))
            self._services().security_log.record_refusal(event, error)
        return problems.for_error(error, request.path)


def _event(endpoint: Endpoint, request: Request, caller: Actor, subject: str) -> SecurityEvent:
    route = f"{endpoint.method} {endpoint.path}"
    return SecurityEvent(caller, route, subject, request.request_id, request.source_ip)


def _record_view(
    endpoint: Endpoint, services: ApiServices, request: Request, path: Mapping[str, str], caller: Actor, result: Result
) -> None:
    """Record that an operator sees a person's or loan's data, before it is shown."""
    subject = viewed_subject(endpoint.path, path) if caller.is_operator else ""
    if subject:
        items: Any = result.items if isinstance(result, CursorPage) and "{id}" not in endpoint.path else ()
        services.security_log.record_view(_event(endpoint, request, caller, subject), [item.id for item in items])


def cursor_scope(operation: str, caller: Actor | None, path: Mapping[str, str], filters: str = "{}") -> str:
    """Name the caller and the list with its filters, to which a cursor is bound."""
    return f"{operation}:{caller.user_id if caller else ''}:{json.dumps(dict(path))}:{filters}"


def _admit_session(
    endpoint: Endpoint, session_of: Callable[[Any], str | None], limits: RateLimits, request: Request
) -> RateLimitState | None:
    """Count a request by the session that its body names, and by its address if the body is invalid.

    A body that names no session is not counted here: the endpoint finds no session and counts that.
    """
    try:
        session_id = session_of(parse_body(endpoint.body, request))
    except AppError:
        return limits.admit_anonymous(request.source_ip)
    return limits.admit_session(session_id) if session_id else None


def _context(
    endpoint: Endpoint, services: ApiServices, request: Request, path: Mapping[str, str], caller: Actor | None
) -> Context:
    body = parse_body(endpoint.body, request, endpoint.media_types, endpoint.max_body_bytes)
    query = validate(endpoint.query, dict(request.raw.query_params or {}))  # the last of repeated parameters counts
    key = request.header("idempotency-key") if endpoint.idempotent else None
    idempotency_key = None
    if key is not None and caller is not None:
        # The same key for both forms of the path, with and without a trailing slash.
        own_path = endpoint.path.format_map(path)
        idempotency_key = IdempotencyKey.of(caller.user_id, key, endpoint.method, own_path, body.model_dump_json())
    position = None
    if endpoint.paginated is not None and (cursor := getattr(query, "cursor", None)):
        scope = cursor_scope(endpoint.view.__name__, caller, path, _filters(query))
        position = services.cursors.open(scope, cursor, endpoint.paginated)
    return RequestContext(request, body, query, path, caller, idempotency_key, position)


def _filters(query: Query) -> str:
    return query.model_dump_json(exclude={"limit", "cursor"})


def _next_cursor(endpoint: Endpoint, services: ApiServices, context: Context, position: object) -> str | None:
    if position is None:
        return None
    scope = cursor_scope(endpoint.view.__name__, context.caller, context.path, _filters(context.query))
    return services.cursors.seal(scope, position, endpoint.paginated)


def _response(endpoint: Endpoint, services: ApiServices, context: Context, result: Result) -> Response:
    headers: dict[str, str | list[str]] = {}
    if isinstance(result, IdempotentResult):
        headers = {"Idempotent-Replayed": "true"} if result.replayed else {}
        result = result.value
    if result is None:
        return Response("", status_code=int(HTTPStatus.NO_CONTENT), headers=headers)
    status = endpoint.status
    if isinstance(result, WithStatus):
        status = result.status
        result = result.response
    if isinstance(result, TextResponse):
        text = result.text
        headers.update(result.headers)
    else:
        text = _text(endpoint, services, context, result)
    if endpoint.accepted is not None and isinstance(result, endpoint.accepted):
        status = HTTPStatus.ACCEPTED
    return Response(text, status_code=int(status), headers={"Content-Type": JSON, **headers})


def _text(endpoint: Endpoint, services: ApiServices, context: Context, result: Any) -> str:
    if isinstance(result, CursorPage):
        if endpoint.response is None:
            raise TypeError(f"{endpoint.path} declares no response")
        cursor = _next_cursor(endpoint, services, context, result.position)
        result = endpoint.response(items=result.items, next_cursor=cursor, **result.fields)
    return str(result.model_dump_json(by_alias=True))


def _cached_text(endpoint: Endpoint, cached: Cached, services: ApiServices, context: Context) -> str:
    """Return the response from the cache, or build it and cache it.

    A page that all callers share is cached with its position, and each caller gets a cursor of its own.
    """
    shared = cached.personalise is not None
    caller = "" if shared or context.caller is None else context.caller.user_id
    query = "" if endpoint.query is NoQuery else context.query.model_dump_json(exclude={"cursor"})
    key = f"{endpoint.view.__name__}:{caller}:{query}:{context.position}:{cached.varies_by()}"

    def build() -> str:
        result = endpoint.view(context)
        if isinstance(result, CursorPage) and shared:
            items = {item["id"]: item for item in (each.model_dump(mode="json") for each in result.items)}
            return json.dumps({"items": items, "position": result.position}, ensure_ascii=False)
        return _text(endpoint, services, context, result)

    text = services.cache.read(
        cached.namespace(context), key, build, seconds=cached.seconds, from_index=cached.from_index
    )
    if cached.personalise is None:
        return text
    page = json.loads(text)
    items, position = cached.personalise(context, page["items"], page["position"])
    cursor = _next_cursor(endpoint, services, context, position)
    return json.dumps({"items": list(items.values()), "next_cursor": cursor}, ensure_ascii=False, separators=(",", ":"))
