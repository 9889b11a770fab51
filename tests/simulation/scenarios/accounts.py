"""Accounts are opened and changed, people sign in and out; none of these calls takes a key."""

from __future__ import annotations

from typing import Any, Final

from chalicelib.shared.actor import Role
from tests.factories import PASSWORD, User, ok
from tests.http_client import Response
from tests.simulation.callers import asking, operator, posting, two
from tests.simulation.faults import Action, Scenario
from tests.simulation.world import World

_ANOTHER: Final = "another-horse-battery"


def _new(name: str) -> dict[str, Any]:
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "role": "LENDER"}


def _somebody(world: World) -> User:
    user = world.user_factory.registered(Role.LENDER, name="nora")
    ok(_sign_in(world))
    return user


def _grant(world: World) -> str:
    _somebody(world)
    return str(ok(_sign_in(world)).json["refresh_token"])


def _sign_in(world: World) -> Response:
    return world.http.post("/api/users/login/", {"username": "nora", "password": PASSWORD})


def _register(world: World) -> Action:
    return asking(lambda _: world.http.post("/api/users/register/", _new("nora")), key=False)


def _login(world: World) -> Action:
    _somebody(world)
    body = {"username": "nora", "password": PASSWORD}
    return asking(lambda _: world.http.post("/api/users/login/", body), key=False)


def _refresh(world: World) -> Action:
    token = _grant(world)
    return asking(lambda _: world.http.post("/api/users/token/refresh/", {"refresh_token": token}), key=False)


def _logout(world: World) -> Action:
    token = _grant(world)
    return asking(lambda _: world.http.post("/api/users/logout/", {"refresh_token": token}), key=False)


def _change_profile(changes: dict[str, Any]) -> Any:
    def prepare(world: World) -> Action:
        person = _somebody(world)
        return asking(lambda _: person.http.patch("/api/users/profile/", changes), key=False)

    return prepare


def _change_password(world: World) -> Action:
    body = {"current_password": PASSWORD, "new_password": _ANOTHER}
    return posting(_somebody(world), "/api/users/password/", body, key=False)


def _run_task(world: World) -> Action:
    two(world)
    return posting(operator(world), "/api/admin/tasks/check_overdue_payments/run/", key=False)


ACCOUNTS: Final = (
    Scenario("register", "POST /api/users/register", _register, repeats=False),
    Scenario("sign in", "POST /api/users/login", _login, tries_show=True),
    Scenario("refresh", "POST /api/users/token/refresh", _refresh),
    Scenario("sign out", "POST /api/users/logout", _logout),
    Scenario("change the profile", "PATCH /api/users/profile", _change_profile({"first_name": "Nora"})),
    Scenario("change the e-mail", "PATCH /api/users/profile", _change_profile({"email": "new@example.com"})),
    Scenario("change the password", "POST /api/users/password", _change_password, repeats=False),
    Scenario("run a task", "POST /api/admin/tasks/{name}/run", _run_task, tries_show=True),
)
