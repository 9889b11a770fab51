"""Ids and documents of events."""

from datetime import UTC, datetime, timedelta
from typing import Final

from chalicelib.events.domain.event import Event
from chalicelib.shared.ids import is_id, moment_of

AT: Final = datetime(2026, 1, 15, 9, 30, 0, 123000, tzinfo=UTC)


def event(
    at: datetime = AT, *, type_name: str = "loan.funded", subject: str = "loan", discriminator: str = "1"
) -> Event:
    return Event.of(type_name, at, {"loan_id": subject}, subject=subject, discriminator=discriminator)


def test_same_change_gives_the_same_id() -> None:
    assert event().id == event().id
    assert is_id(event().id)


def test_id_begins_with_the_time_of_the_change() -> None:
    later = event(AT + timedelta(milliseconds=1))

    assert moment_of(event().id) == AT
    assert event().id < later.id


def test_type_subject_and_discriminator_tell_events_apart() -> None:
    events = [event(), event(type_name="loan.completed"), event(subject="other"), event(discriminator="2")]

    assert len({each.id for each in events}) == len(events)


def test_repeated_recipients_count_once() -> None:
    made = Event.of("loan.funded", AT, {}, subject="loan", recipients=("b", "a", "b"))

    assert made.recipients == ("b", "a")


def test_document_has_no_recipients() -> None:
    document = Event.of("loan.funded", AT, {"loan_id": "L"}, subject="L", recipients=("b",), lenders_of="L").document()

    assert document == {
        "id": document["id"],
        "type": "loan.funded",
        "created_at": "2026-01-15T09:30:00.123Z",
        "data": {"loan_id": "L"},
    }
