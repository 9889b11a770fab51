"""Scenarios of notifications: the inbox, preferences, and links that unsubscribe."""

from collections.abc import Callable
from typing import Final

from chalicelib.shared.actor import Role
from tests.notifications import OPTIONAL_TYPE, notify
from tests.simulation.clients import post_action, read_action, request_action
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario

_INBOX: Final = "/api/notifications/"
_PREFERENCES: Final = f"{_INBOX}preferences/"
_CHANGE: Final = {"items": [{"type": OPTIONAL_TYPE, "email": False}]}


def _list(query: str) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        user = environment.user(Role.LENDER, "lena")
        for number in range(3):
            notify(environment.container, user.id, subject=str(number))
        return read_action(user, f"{_INBOX}{query}")

    return prepare


def _read_some(environment: Environment) -> Action:
    user = environment.user(Role.LENDER, "lena")
    ids = [notify(environment.container, user.id, subject=str(number)) for number in range(3)]
    return post_action(user, f"{_INBOX}read/", {"ids": ids[:2]})


def _read_all(environment: Environment) -> Action:
    """More notifications than one transaction marks."""
    user = environment.user(Role.LENDER, "lena")
    for number in range(60):
        notify(environment.container, user.id, subject=str(number))
    return post_action(user, f"{_INBOX}read/", {"all": True})


def _list_preferences(environment: Environment) -> Action:
    return read_action(environment.user(Role.LENDER, "lena"), _PREFERENCES)


def _change_preferences(environment: Environment) -> Action:
    user = environment.user(Role.LENDER, "lena")
    return request_action(lambda _: user.http.patch(_PREFERENCES, _CHANGE), key=False)


def _unsubscribe(environment: Environment) -> Action:
    user = environment.user(Role.LENDER, "lena")
    token = environment.container.unsubscribe_tokens.make(user.id, OPTIONAL_TYPE)
    return post_action(user, f"{_INBOX}unsubscribe/?token={token}", key=False)


_READ: Final = "POST /api/notifications/read"
_PREPARATIONS: Final[tuple[tuple[str, str, Callable[[Environment], Action]], ...]] = (
    ("list", "GET /api/notifications", _list("")),
    ("list unread", "GET /api/notifications", _list("?unread=true")),
    ("read some", _READ, _read_some),
    ("read all", _READ, _read_all),
    ("list preferences", "GET /api/notifications/preferences", _list_preferences),
    ("change preferences", "PATCH /api/notifications/preferences", _change_preferences),
    ("unsubscribe", "POST /api/notifications/unsubscribe", _unsubscribe),
)
NOTIFICATIONS: Final = tuple(
    Scenario(f"notifications: {name}", covers, prepare) for name, covers, prepare in _PREPARATIONS
)
