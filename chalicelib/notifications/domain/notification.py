"""A notification in a user's inbox."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.events.domain.event import EventData


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification: the event that it is about, by the event's id, and when the user read it."""

    id: str
    type: str
    created_at: datetime
    data: EventData
    read_at: datetime | None = None
