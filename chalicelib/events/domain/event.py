"""Domain events: something that has happened, as the people concerned and their programs see it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from chalicelib.shared.clock import rfc3339
from chalicelib.shared.errors import NotFound
from chalicelib.shared.ids import derived_id

EventValue = str | int | None
EventData = Mapping[str, EventValue]
RETENTION: Final = timedelta(days=365)
"""The time for which events, and what follows from them, are kept."""


class EventNotFound(NotFound):
    code = "event_not_found"
    detail = "Event not found."


@dataclass(frozen=True, slots=True)
class Event:
    """An event.

    Args:
        id: a ULID that follows from the change, so that a record that comes again gives the same event.
        type: a name in the catalogue, such as ``loan.funded``.
        created_at: when it happened, in business time.
        data: ids, amounts (``"12.34"``), dates and numbers. No personal data.
        recipients: ids of the users who get it.
        lenders_of: id of the loan whose lenders get it too; None for no loan.
    """

    id: str
    type: str
    created_at: datetime
    data: EventData
    recipients: tuple[str, ...] = ()
    lenders_of: str | None = None

    @classmethod
    def of(
        cls,
        type_name: str,
        at: datetime,
        data: EventData,
        *,
        subject: str,
        discriminator: str = "",
        recipients: Iterable[str] = (),
        lenders_of: str | None = None,
    ) -> Self:
        """Make the event of a change.

        Args:
            type_name: a name in the catalogue.
            at: when it happened: the time that the item stores, otherwise that of the stream record.
            data: the fields of this type.
            subject: id of what changed.
            discriminator: tells apart several events of one type and subject, such as the loan's version or the
                payment. It has a meaning: never the stream's event id, which differs when a record is written again.
            recipients: ids of users; repetitions count once.
            lenders_of: id of a loan whose lenders get the event too.
        """
        identifier = derived_id(at, type_name, subject, discriminator)
        return cls(identifier, type_name, at, data, tuple(dict.fromkeys(recipients)), lenders_of)

    def data_text(self) -> str:
        """Return the data as the JSON text that is stored."""
        return json.dumps(dict(self.data), separators=(",", ":"))

    def document(self) -> dict[str, Any]:
        """Return the event as programs get it: by the API, in webhooks, and from EventBridge."""
        return {"id": self.id, "type": self.type, "created_at": rfc3339(self.created_at), "data": dict(self.data)}
