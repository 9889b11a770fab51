"""The inbox: list notifications, count the unread ones, and mark them as read."""

from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from tests.factories import UNKNOWN_ID, User, UserFactory, ok
from tests.notifications import DISABLED, notify
from tests.problems import problem

INBOX = "/api/notifications/"
READ = f"{INBOX}read/"


@pytest.fixture
def user(user_factory: UserFactory) -> User:
    return user_factory.user(Role.LENDER)


def listed(user: User, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = ok(user.http.get(INBOX + query)).json
    return found


def ids_of(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_new_notification_is_listed_with_its_text(container: Container, user: User) -> None:
    event_id = notify(container, user.actor.user_id)

    page = listed(user)

    assert page == {
        "items": [
            {
                "id": event_id,
                "type": "webhook_endpoint.disabled",
                "title": "Webhook endpoint disabled",
                "text": "The receiver responded with 410 Gone, so we no longer send events to it.",
                "created_at": "2026-01-15T09:30:00.000Z",
                "read_at": None,
                "link": f"/app/#/developers/{DISABLED['endpoint_id']}",
                "data": DISABLED,
            }
        ],
        "next_cursor": None,
        "unread_count": 1,
    }


def test_repeated_event_notifies_once(container: Container, user: User) -> None:
    for _ in range(3):
        notify(container, user.actor.user_id, subject="same")

    page = listed(user)

    assert len(page["items"]) == page["unread_count"] == 1


def test_notifications_come_newest_first_in_pages(container: Container, user: User, clock: FixedClock) -> None:
    ids = []
    for _ in range(5):
        ids.append(notify(container, user.actor.user_id))
        clock.advance(minutes=1)

    first = listed(user, "?limit=3")
    second = listed(user, f"?limit=3&cursor={first['next_cursor']}")

    assert ids_of(first) + ids_of(second) == ids[::-1]
    assert second["next_cursor"] is None


def test_read_notifications_leave_the_unread_list(container: Container, user: User, clock: FixedClock) -> None:
    ids = [notify(container, user.actor.user_id) for _ in range(4)]
    clock.advance(hours=1)

    response = ok(user.http.post(READ, {"ids": ids[:3]})).json

    assert response == {"unread_count": 1}
    assert ids_of(listed(user, "?unread=true")) == ids[3:]
    read_at = {item["id"]: item["read_at"] for item in listed(user)["items"]}
    assert read_at == {**dict.fromkeys(ids[:3], "2026-01-15T10:30:00.000Z"), ids[3]: None}


def test_reading_twice_counts_once(container: Container, user: User) -> None:
    ids = [notify(container, user.actor.user_id) for _ in range(2)]

    for _ in range(3):
        ok(user.http.post(READ, {"ids": [ids[0], ids[0]]}))

    assert listed(user)["unread_count"] == 1


def test_unknown_ids_are_ignored(container: Container, user: User) -> None:
    event_id = notify(container, user.actor.user_id)

    response = ok(user.http.post(READ, {"ids": [UNKNOWN_ID, event_id]})).json

    assert response == {"unread_count": 0}


def test_all_notifications_are_marked_as_read(container: Container, user: User) -> None:
    for _ in range(120):
        notify(container, user.actor.user_id)

    response = ok(user.http.post(READ, {"all": True})).json

    assert response == {"unread_count": 0}
    assert listed(user, "?unread=true")["items"] == []
    assert all(item["read_at"] for item in listed(user, "?limit=100")["items"])


def test_replayed_request_leaves_newer_notifications_unread(container: Container, user: User) -> None:
    notify(container, user.actor.user_id)
    ok(user.http.post(READ, {"all": True}, key="one"))
    notify(container, user.actor.user_id)

    replay = ok(user.http.post(READ, {"all": True}, key="one"))

    assert replay.headers["idempotent-replayed"] == "true"
    assert replay.json == {"unread_count": 1}


def test_users_see_and_read_only_their_own(container: Container, user: User, user_factory: UserFactory) -> None:
    other = user_factory.user(Role.BORROWER)
    event_id = notify(container, user.actor.user_id)

    ok(other.http.post(READ, {"ids": [event_id]}))

    assert listed(other) == {"items": [], "next_cursor": None, "unread_count": 0}
    assert listed(user)["unread_count"] == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"all": False}, {"ids": []}, {"ids": ["x"]}, {"ids": [UNKNOWN_ID], "all": True}, {"ids": [UNKNOWN_ID] * 101}],
)
def test_invalid_selection_is_rejected(user: User, body: dict[str, Any]) -> None:
    response = user.http.post(READ, body)

    problem(response, 422, "invalid_request")
