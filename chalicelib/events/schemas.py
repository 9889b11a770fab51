"""Queries and responses of the routes of events."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field

from chalicelib.api.fields import Identifier, IdentifierInput, ListQuery, ResponseModel, Timestamp
from chalicelib.events.domain.catalogue import CATALOGUE
from chalicelib.events.domain.event import Event


def _known_type(name: str) -> str:
    if name not in CATALOGUE:
        raise ValueError("must be an event type, such as loan.funded")
    return name


EventTypeName = Annotated[str, Field(max_length=100), AfterValidator(_known_type)]


class EventQuery(ListQuery):
    """Filters of a list of events."""

    type: EventTypeName | None = None
    after: Annotated[
        IdentifierInput | None,
        Field(description="Id of an event. Returns the events after it, oldest first, for programs that poll."),
    ] = None


class EventResponse(ResponseModel):
    """An event. The fields of `data` depend on the type; `/api/schema/events/` describes them."""

    id: Identifier
    type: str
    created_at: Timestamp
    data: dict[str, str | int | None]

    @classmethod
    def of(cls, event: Event) -> Self:
        fields: dict[str, Any] = {"data": dict(event.data)}
        return cls(id=event.id, type=event.type, created_at=event.created_at, **fields)


class EventList(ResponseModel):
    """A page of events."""

    items: list[EventResponse]
    next_cursor: str | None
