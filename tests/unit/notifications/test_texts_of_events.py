"""Every event that users are notified of has a text for each of its recipients."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chalicelib.events.domain.catalogue import CATALOGUE
from chalicelib.events.domain.event import EventData
from chalicelib.events.domain.event_type import EventType
from chalicelib.notifications.domain.messages import Message
from chalicelib.notifications.domain.types import NOTIFICATION_TYPES

AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
FALLBACK = "Account update"
NOTIFIED = [CATALOGUE[name] for name in NOTIFICATION_TYPES if name in CATALOGUE]


def examples(event_type: EventType) -> Iterator[EventData]:
    """Yield the example with every value of each code."""
    yield event_type.example
    for name, field in event_type.fields.items():
        for value in field.values:
            yield {**event_type.example, name: value}


@pytest.mark.parametrize("event_type", NOTIFIED, ids=lambda each: each.name)
def test_every_recipient_reads_a_text(event_type: EventType) -> None:
    for role in NOTIFICATION_TYPES[event_type.name].roles:
        for data in examples(event_type):
            message = Message.of(event_type.name, data, AT, role, "USD")

            assert message.title != FALLBACK, (role, data)


def test_every_event_but_tests_is_notified() -> None:
    assert CATALOGUE.keys() - NOTIFICATION_TYPES.keys() == {"webhook_endpoint.test"}
