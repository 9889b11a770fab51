"""Preferences: the channels that are on by type, and links in emails that switch emails off."""

from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.shared.actor import Role
from tests.factories import User, UserFactory, ok
from tests.http_client import HttpClient
from tests.notifications import DEPOSITED, LOCKED_TYPE, OPTIONAL_TYPE, notify
from tests.problems import problem, wrong_fields

PREFERENCES = "/api/notifications/preferences/"
UNSUBSCRIBE = "/api/notifications/unsubscribe/"


@pytest.fixture
def user(user_factory: UserFactory) -> User:
    return user_factory.user(Role.LENDER)


def preferences(user: User) -> dict[str, dict[str, Any]]:
    return {item["type"]: item for item in ok(user.http.get(PREFERENCES)).json["items"]}


def change(user: User, *items: dict[str, Any]) -> Any:
    return user.http.patch(PREFERENCES, {"items": list(items)})


def test_preferences_list_the_types_of_the_role(user: User, user_factory: UserFactory) -> None:
    borrower = preferences(user_factory.user(Role.BORROWER))

    lender = preferences(user)

    assert "rule.paused" in lender
    assert "payment.due_soon" not in lender
    assert "payment.due_soon" in borrower
    assert borrower["payment.received"]["email"] is True
    assert lender["payment.received"]["email"] is False


def test_changed_channel_is_kept(user: User) -> None:
    before = preferences(user)

    response = ok(change(user, {"type": OPTIONAL_TYPE, "email": False}, {"type": "rule.matched", "email": True})).json

    after = preferences(user)
    assert {item["type"]: item for item in response["items"]} == after
    assert after[OPTIONAL_TYPE] == {**before[OPTIONAL_TYPE], "email": False}
    assert after["rule.matched"] == {**before["rule.matched"], "email": True}
    assert {name for name in after if after[name] != before[name]} == {OPTIONAL_TYPE, "rule.matched"}


@pytest.mark.parametrize("type_name", [LOCKED_TYPE, "payment.due_soon", "webhook_endpoint.test", "no.such.type"])
def test_locked_and_unknown_types_are_rejected(user: User, type_name: str) -> None:
    before = preferences(user)

    response = change(user, {"type": OPTIONAL_TYPE, "email": False}, {"type": type_name, "email": False})

    assert wrong_fields(response) == ["items.1.type"]
    assert preferences(user) == before


def test_notification_switched_off_is_not_added(container: Container, user: User) -> None:
    ok(change(user, {"type": OPTIONAL_TYPE, "in_app": False}))

    notify(container, user.actor.user_id, OPTIONAL_TYPE, DEPOSITED)

    assert ok(user.http.get("/api/notifications/")).json["unread_count"] == 0
    assert ok(user.http.get("/api/notifications/")).json["items"] == []


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nOne-Click\r\n--b--\r\n"),
        ("application/json", b""),
    ],
)
def test_link_switches_emails_of_one_type_off(
    container: Container, http: HttpClient, user: User, content_type: str, raw: bytes
) -> None:
    token = container.unsubscribe_tokens.make(user.actor.user_id, OPTIONAL_TYPE)
    before = preferences(user)

    for _ in range(2):
        response = http.send("POST", f"{UNSUBSCRIBE}?token={token}", raw=raw, headers={"Content-Type": content_type})
        assert ok(response).json == {"type": OPTIONAL_TYPE, "title": "Deposit or withdrawal completed"}

    after = preferences(user)
    assert after[OPTIONAL_TYPE] == {**before[OPTIONAL_TYPE], "email": False}
    assert {name for name in after if after[name] != before[name]} == {OPTIONAL_TYPE}


def test_changed_links_are_rejected(container: Container, user: User, user_factory: UserFactory) -> None:
    other = user_factory.user(Role.LENDER)
    token = container.unsubscribe_tokens.make(user.actor.user_id, OPTIONAL_TYPE)
    locked = container.unsubscribe_tokens.make(user.actor.user_id, LOCKED_TYPE)
    changed = token.replace(user.actor.user_id, other.actor.user_id)

    for wrong in ("", "x", token[:-1], token + "0", changed, token.replace("settled", "failed"), locked, "~~", "é~é~é"):
        response = user.http.post(f"{UNSUBSCRIBE}?token={wrong}")
        problem(response, 422, "invalid_unsubscribe_token")

    assert preferences(other)[OPTIONAL_TYPE]["email"] is True
    assert preferences(user)[OPTIONAL_TYPE]["email"] is True
