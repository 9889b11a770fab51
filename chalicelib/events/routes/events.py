"""Routes of the caller's events, and of their schema."""

import json
from functools import cache
from typing import Final

from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import RequestContext, Router, TextResponse
from chalicelib.container import get_container
from chalicelib.events.domain.catalogue import CATALOGUE
from chalicelib.events.domain.event import EventNotFound
from chalicelib.events.domain.json_schema import schema_of
from chalicelib.events.schemas import EventList, EventQuery, EventResponse

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/events",
    "List my events",
    query=EventQuery,
    response=EventList,
    paginated=str,
)
def list_events(context: RequestContext[NoBody, EventQuery]) -> CursorPage:
    """List the caller's events, newest first; with `after`, those that follow an event, oldest first.

    An event appears some seconds after what it reports. Events are kept for a year. A page can have fewer items than
    `limit`.
    """
    query = context.query
    page = get_container().event_queries.page(
        context.actor,
        limit=query.limit,
        position=context.position or query.after,
        newest_first=query.after is None,
        type_name=query.type,
    )
    return CursorPage([EventResponse.of(event) for event in page.events], page.position)


@router.endpoint(
    "GET",
    "/api/events/{id}",
    "Get one of my events",
    response=EventResponse,
    errors=(EventNotFound,),
)
def show_event(context: RequestContext[NoBody, NoQuery]) -> EventResponse:
    """Return an event of the caller."""
    return EventResponse.of(get_container().event_queries.find(context.actor, context.id()))


@router.endpoint(
    "GET",
    "/api/schema/events",
    "Get the JSON Schema of events",
    access=AccessLevel.ANYONE,
    rate_limit=RateLimitPolicy.NEVER,
)
def show_event_schema(context: RequestContext[NoBody, NoQuery]) -> TextResponse:
    """Return one JSON Schema for events of all types; `$defs` has one for each type."""
    return TextResponse(_schema())


@cache
def _schema() -> str:
    return json.dumps(schema_of(CATALOGUE.values()), ensure_ascii=False)
