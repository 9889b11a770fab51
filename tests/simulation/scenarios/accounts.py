"""Accounts are opened and changed, people sign in and out; none of these calls takes a key."""

from typing import Any, Final

from chalicelib.shared.actor import Role
from tests.factories import PASSWORD, User, ok
from tests.http_client import Response
from tests.simulation.clients import operator, posting, requesting, two_lenders
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario

_ANOTHER: Final = "another-horse-battery"


def _new(name: str) -> dict[str, Any]:
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "role": "LENDER"}


def _somebody(environment: Environment) -> User:
    user = environment.user_factory.registered(Role.LENDER, name="nora")
    ok(_sign_in(environment))
    return user


def _grant(environment: Environment) -> str:
    _somebody(environment)
    return str(ok(_sign_in(environment)).json["refresh_token"])


def _sign_in(environment: Environment) -> Response:
    return environment.http.post("/api/users/login/", {"username": "nora", "password": PASSWORD})


def _register(environment: Environment) -> Action:
    return requesting(lambda _: environment.http.post("/api/users/register/", _new("nora")), key=False)


def _login(environment: Environment) -> Action:
    _somebody(environment)
    body = {"username": "nora", "password": PASSWORD}
    return requesting(lambda _: environment.http.post("/api/users/login/", body), key=False)


def _refresh(environment: Environment) -> Action:
    token = _grant(environment)
    return requesting(lambda _: environment.http.post("/api/users/token/refresh/", {"refresh_token": token}), key=False)


def _logout(environment: Environment) -> Action:
    token = _grant(environment)
    return requesting(lambda _: environment.http.post("/api/users/logout/", {"refresh_token": token}), key=False)


def _change_profile(changes: dict[str, Any]) -> Any:
    def prepare(environment: Environment) -> Action:
        person = _somebody(environment)
        return requesting(lambda _: person.http.patch("/api/users/profile/", changes), key=False)

    return prepare


def _change_password(environment: Environment) -> Action:
    body = {"current_password": PASSWORD, "new_password": _ANOTHER}
    return posting(_somebody(environment), "/api/users/password/", body, key=False)


def _run_task(environment: Environment) -> Action:
    two_lenders(environment)
    return posting(operator(environment), "/api/admin/tasks/check_overdue_payments/run/", key=False)


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
