"""Reads of a user's own events."""

from dataclasses import dataclass
from typing import Final

from chalicelib.events.domain.event import Event, EventNotFound
from chalicelib.events.repository.events import EventRepository
from chalicelib.shared.actor import Actor

_FILTERED_PAGE: Final = 100
_MAX_READS: Final = 10
"""The most pages that a filtered list reads. It then returns fewer events, and the next page continues there."""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in their order; ``position`` is the id that the next page follows, None on the last page."""

    events: tuple[Event, ...]
    position: str | None


class EventQueries:
    """Reads of events."""

    def __init__(self, events: EventRepository) -> None:
        self._events = events

    def find(self, actor: Actor, event_id: str) -> Event:
        """Return an event of the actor.

        Raises:
            EventNotFound: the actor has no such event.
        """
        event = self._events.find(actor.user_id, event_id)
        if event is None:
            raise EventNotFound
        return event

    def page(
        self, actor: Actor, *, limit: int, position: str | None, newest_first: bool, type_name: str | None
    ) -> EventPage:
        """Return events of the actor.

        Args:
            limit: the largest number of events to return. A page of a rare type can have fewer.
            position: id of the event that the page follows, in the direction of reading.
            newest_first: the direction.
            type_name: only events of this type.
        """
        found: list[Event] = []
        for _ in range(_MAX_READS):
            page = self._events.page_of_user(
                actor.user_id,
                limit=_FILTERED_PAGE if type_name else limit + 1,
                position=position,
                newest_first=newest_first,
                type_name=type_name,
            )
            found += page.items
            position = page.last_key["sk"]["S"].partition("#")[2] if page.last_key else None
            if position is None or len(found) > limit:
                break
        if len(found) > limit:
            return EventPage(tuple(found[:limit]), found[limit - 1].id)
        return EventPage(tuple(found), position)
