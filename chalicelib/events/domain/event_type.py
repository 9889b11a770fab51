"""Descriptions of event types and of the fields of their data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.events.domain.event import EventData

EXAMPLE_TIME: Final = "2026-10-08T14:30:00.123Z"
EXAMPLE_ID: Final = "01M4DYQJNVQ8RWM2N4T6Y7XBCD"
"""The id of an event at that time."""


class FieldKind(StrEnum):
    """Kinds of values. None of them can hold personal data."""

    ID = "id"
    AMOUNT = "amount"
    RATE = "rate"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an event's data.

    Args:
        kind: the kind of value. An amount is a text such as ``"1000.00"``, a rate a percentage such as ``"12.00"``,
            a date ``"2026-01-31"``, a number an integer.
        description: a noun phrase.
        values: the values that a code can have; empty if the list is open.
        is_nullable: the value can be null.
    """

    kind: FieldKind
    description: str
    values: tuple[str, ...] = ()
    is_nullable: bool = False


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event.

    Args:
        name: such as ``loan.funded``.
        description: what has happened, as a sentence.
        recipients: who gets it, as a noun phrase.
        fields: the fields of its data by name, in their order.
        example: data with a value for every field.
    """

    name: str
    description: str
    recipients: str
    fields: Mapping[str, Field]
    example: EventData

    def example_event(self) -> Mapping[str, object]:
        """Return an example of a whole event."""
        return {"id": EXAMPLE_ID, "type": self.name, "created_at": EXAMPLE_TIME, "data": dict(self.example)}
