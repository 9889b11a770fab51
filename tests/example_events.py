"""Events that tests publish."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.events.domain.catalogue import CATALOGUE
from chalicelib.events.domain.event import Event

_AT: Final = datetime.fromisoformat("2026-01-15T09:30:00+00:00")


def example_event(
    number: int = 0,
    *,
    type_name: str = "webhook_endpoint.test",
    recipients: tuple[str, ...] = (),
    lenders_of: str | None = None,
    at: datetime = _AT,
) -> Event:
    """Return an event of a type; ``number`` (from 0) gives it an id and a later second."""
    return Event.of(
        type_name,
        at + timedelta(seconds=number),
        CATALOGUE[type_name].example,
        subject=str(number),
        recipients=recipients,
        lenders_of=lenders_of,
    )
