"""Events over HTTP: a user's own, in pages, by type, and those after an event."""

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, meta

from chalicelib.container import Container
from chalicelib.events.domain.event import Event
from tests.example_events import example_event
from tests.factories import UNKNOWN_ID, User, UserFactory, ok
from tests.http_client import HttpClient
from tests.problems import problem

EVENTS = "/api/events/"
OTHER_TYPE = "webhook_endpoint.disabled"
Publish = Callable[..., list[Event]]


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender()


@pytest.fixture
def publish(container: Container, lender: User) -> Publish:
    """Record events for the lender, numbered from 0, and return them."""

    def record(*numbers: int, type_name: str = "webhook_endpoint.test") -> list[Event]:
        events = [example_event(number, type_name=type_name, recipients=(lender.id,)) for number in numbers]
        container.publisher.publish(events)
        return events

    return record


def ids(page: Any) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_event_has_id_type_time_and_data(lender: User, publish: Publish) -> None:
    [event] = publish(0)

    [shown] = lender.call("GET", EVENTS)["items"]

    assert shown == event.document()
    assert lender.call("GET", f"{EVENTS}{event.id}/") == shown


def test_events_are_listed_newest_first_in_pages(lender: User, publish: Publish) -> None:
    events = publish(*range(5))
    newest_first = [event.id for event in reversed(events)]

    first = lender.call("GET", f"{EVENTS}?limit=2")
    second = lender.call("GET", f"{EVENTS}?limit=2&cursor={first['next_cursor']}")
    last = lender.call("GET", f"{EVENTS}?limit=2&cursor={second['next_cursor']}")

    assert [*ids(first), *ids(second), *ids(last)] == newest_first
    assert last["next_cursor"] is None


def test_program_catches_up_oldest_first_after_an_event(lender: User, publish: Publish) -> None:
    events = [event.id for event in publish(*range(5))]

    first = lender.call("GET", f"{EVENTS}?after={events[1]}&limit=2")
    rest = lender.call("GET", f"{EVENTS}?after={events[1]}&limit=2&cursor={first['next_cursor']}")

    assert (ids(first), ids(rest)) == (events[2:4], events[4:])
    assert rest["next_cursor"] is None
    assert ids(lender.call("GET", f"{EVENTS}?after={events[4]}")) == []


def test_rare_type_is_found_behind_many_others(lender: User, publish: Publish) -> None:
    [rare] = publish(0, type_name=OTHER_TYPE)
    publish(*range(1, 130))

    assert ids(lender.call("GET", f"{EVENTS}?type={OTHER_TYPE}&limit=1")) == [rare.id]


def test_filtered_list_pages_without_gaps(lender: User, publish: Publish) -> None:
    wanted = publish(0, 2, 4, type_name=OTHER_TYPE)
    publish(1, 3)

    first = lender.call("GET", f"{EVENTS}?type={OTHER_TYPE}&limit=2")
    second = lender.call("GET", f"{EVENTS}?type={OTHER_TYPE}&limit=2&cursor={first['next_cursor']}")

    assert [*ids(first), *ids(second)] == [event.id for event in reversed(wanted)]


@pytest.mark.parametrize("query", ["type=loan.melted", "after=yesterday", "limit=0", "cursor=x"])
def test_invalid_filter_is_rejected(lender: User, query: str) -> None:
    problem(lender.http.get(f"{EVENTS}?{query}"), 422, "invalid_request")


def test_cursor_of_another_direction_is_rejected(lender: User, publish: Publish) -> None:
    events = publish(0, 1, 2)
    cursor = lender.call("GET", f"{EVENTS}?limit=1")["next_cursor"]

    problem(lender.http.get(f"{EVENTS}?limit=1&after={events[0].id}&cursor={cursor}"), 422, "invalid_request")


def test_events_of_others_are_not_found(user_factory: UserFactory, publish: Publish) -> None:
    [event] = publish(0)
    other = user_factory.lender()

    assert ids(other.call("GET", EVENTS)) == []
    problem(other.http.get(f"{EVENTS}{event.id}/"), 404, "event_not_found")
    problem(other.http.get(f"{EVENTS}{UNKNOWN_ID}/"), 404, "event_not_found")


def test_schema_validates_events(http: HttpClient, lender: User, publish: Publish) -> None:
    publish(0)

    schema = ok(http.get("/api/schema/events/")).json

    assert meta.is_valid(schema)
    [event] = lender.call("GET", EVENTS)["items"]
    assert Draft202012Validator(schema).is_valid(event)
    assert not Draft202012Validator(schema).is_valid({**event, "data": {}})
