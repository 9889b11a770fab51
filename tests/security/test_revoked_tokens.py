"""An access token from before a password change: it moves no money and changes nothing, on any route."""

import json
from dataclasses import dataclass
from typing import Final

import pytest

from chalicelib.api.auth import AccessLevel
from chalicelib.api.routing import REGISTRY
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from tests.catalogue import ROUTES
from tests.engines import Storage
from tests.factories import PASSWORD, User, UserFactory, deposit, ok
from tests.http_client import HttpClient
from tests.marketplace import Marketplace
from tests.problems import problem
from tests.route_examples import Route

NEW_PASSWORD: Final = "a battery without any staple"
_PUBLIC: Final = {f"{each.method} {each.path}" for each in REGISTRY if each.access is AccessLevel.ANYONE}
STATE_CHANGING: Final = [route for route in ROUTES if route.method != "GET" and route.name not in _PUBLIC]


@dataclass(frozen=True, slots=True)
class RegisteredUsers:
    """Makes users who all have an account and a password, operators too."""

    user_factory: UserFactory

    def user(self, role: Role, balance: str = "", *, name: str = "") -> User:
        return self.user_factory.registered(role, balance, name=name)

    registered = user


def content(tables: Storage) -> list[str]:
    """Everything that is stored, without rate limits and the audit log, which records the refusal."""
    names = ("users", "wallets", "ledger", "loans", "reports")
    return sorted(json.dumps(item, sort_keys=True, default=str) for name in names for item in tables.items(name))


def change_password(user: User) -> HttpClient:
    """Change the user's password; return a client that has signed in since."""
    ok(user.http.post("/api/users/password/", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}))
    credentials = {"username": user.actor.username, "password": NEW_PASSWORD}
    return user.http.signed_in(ok(user.http.post("/api/users/login/", credentials)).json["token"])


@pytest.mark.parametrize("route", STATE_CHANGING, ids=lambda route: route.name)
def test_old_token_after_password_change_changes_nothing(
    route: Route, user_factory: UserFactory, tables: Storage
) -> None:
    situation = route.setup(Marketplace(RegisteredUsers(user_factory)))
    user = situation.user
    assert user is not None
    values = {**situation.values, "password": NEW_PASSWORD}
    address, body = route.address(values), route.body_for(values)
    renewed = change_password(user)
    before = content(tables)

    refused = user.http.send(route.method, address, body, key="key" if route.is_keyed else None)

    problem(refused, 401, "token_revoked")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert content(tables) == before
    ok(renewed.send(route.method, address, body, key="key" if route.is_keyed else None))


def test_old_token_still_reads_up_to_fifteen_minutes(user_factory: UserFactory, clock: FixedClock) -> None:
    user = user_factory.registered(Role.LENDER)
    signed_in = ok(user.http.post("/api/users/login/", {"username": user.actor.username, "password": PASSWORD})).json
    old = user.http.signed_in(signed_in["token"])
    change_password(user)

    clock.advance(minutes=14)
    ok(old.get("/api/wallets/"))
    clock.advance(minutes=1)

    problem(old.get("/api/wallets/"), 401, "token_expired")


def test_replay_precedes_the_revocation(user_factory: UserFactory) -> None:
    user = user_factory.registered(Role.LENDER)
    first = ok(user.http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="key"))
    change_password(user)

    again = ok(user.http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="key"))

    assert again.headers["idempotent-replayed"] == "true"
    assert again.json["transaction"] == first.json["transaction"]
    assert user.balance() == "5.00"


def test_second_password_change_revokes_tokens_of_the_first(user_factory: UserFactory) -> None:
    user = user_factory.registered(Role.LENDER)
    between = change_password(user)
    deposit(User(between, user.actor), "5.00")

    ok(between.post("/api/users/password/", {"current_password": NEW_PASSWORD, "new_password": PASSWORD}))

    problem(between.post("/api/wallets/withdraw/", {"amount": "5.00"}), 401, "token_revoked")
    assert user.balance() == "5.00"
