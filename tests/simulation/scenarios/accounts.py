"""Scenarios of accounts and sessions, whose routes take no idempotency key."""

from dataclasses import replace
from typing import Any, Final

from chalicelib.notifications.domain.suppression import SuppressionReason
from chalicelib.shared.actor import Role
from chalicelib.transfers.domain.bank_account import MAX_BANK_ACCOUNTS
from tests.factories import PASSWORD, User, ok
from tests.http_client import Response
from tests.marketplace import BANK_ACCOUNT, US_ACCOUNT
from tests.simulation.clients import (
    borrower_and_lender,
    create_account,
    delete_action,
    operator,
    post_action,
    request_action,
)
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario

_NEW_PASSWORD: Final = "another-horse-battery"


def _new(name: str) -> dict[str, Any]:
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "role": "LENDER"}


def _registered_user(environment: Environment) -> User:
    user = environment.user_factory.registered(Role.LENDER, name="nora")
    ok(_sign_in(environment))
    return user


def _refresh_token(environment: Environment) -> str:
    _registered_user(environment)
    return str(ok(_sign_in(environment)).json["refresh_token"])


def _sign_in(environment: Environment) -> Response:
    return environment.http.post("/api/users/login/", {"username": "nora", "password": PASSWORD})


def _register(environment: Environment) -> Action:
    return request_action(lambda _: environment.http.post("/api/users/register/", _new("nora")), key=False)


def _login(environment: Environment) -> Action:
    _registered_user(environment)
    body = {"username": "nora", "password": PASSWORD}
    return request_action(lambda _: environment.http.post("/api/users/login/", body), key=False)


def _login_from_new_network(environment: Environment) -> Action:
    _registered_user(environment)
    body = {"username": "nora", "password": PASSWORD}
    elsewhere = replace(environment.http, source_ip="198.51.100.9")
    return request_action(lambda _: elsewhere.post("/api/users/login/", body), key=False)


def _refresh(environment: Environment) -> Action:
    token = _refresh_token(environment)
    return request_action(
        lambda _: environment.http.post("/api/users/token/refresh/", {"refresh_token": token}), key=False
    )


def _logout(environment: Environment) -> Action:
    token = _refresh_token(environment)
    return request_action(lambda _: environment.http.post("/api/users/logout/", {"refresh_token": token}), key=False)


def _change_profile(changes: dict[str, Any]) -> Any:
    def prepare(environment: Environment) -> Action:
        user = _registered_user(environment)
        return request_action(lambda _: user.http.patch("/api/users/profile/", changes), key=False)

    return prepare


def _change_password(environment: Environment) -> Action:
    body = {"current_password": PASSWORD, "new_password": _NEW_PASSWORD}
    return post_action(_registered_user(environment), "/api/users/password/", body, key=False)


def _run_job(environment: Environment) -> Action:
    borrower_and_lender(environment)
    return post_action(operator(environment), "/api/admin/tasks/check_overdue_payments/run/", key=False)


def _disable(environment: Environment) -> Action:
    staff, other = operator(environment), environment.user(Role.ADMIN, "carl")
    create_account(environment, other)
    path, body = f"/api/admin/users/{other.id}/", {"disabled": True}
    return request_action(lambda idempotency_key: staff.http.patch(path, body, key=idempotency_key))


def _sign_out_user(environment: Environment) -> Action:
    _, lender = borrower_and_lender(environment)
    create_account(environment, lender)
    return post_action(operator(environment), f"/api/admin/users/{lender.id}/sign-out/", {})


def _add_bank_account(environment: Environment) -> Action:
    return post_action(_registered_user(environment), "/api/bank-accounts/", BANK_ACCOUNT)


def _add_tenth_bank_account(environment: Environment) -> Action:
    user = _registered_user(environment)
    for number in range(MAX_BANK_ACCOUNTS - 1):
        ok(user.http.post("/api/bank-accounts/", {**US_ACCOUNT, "account_number": f"000{number}6789"}))
    return post_action(user, "/api/bank-accounts/", {**US_ACCOUNT, "account_number": "99996789"})


def _delete_bank_account(environment: Environment) -> Action:
    user = _registered_user(environment)
    account = ok(user.http.post("/api/bank-accounts/", BANK_ACCOUNT)).json
    return delete_action(user, f"/api/bank-accounts/{account['id']}/")


def _allow_address(environment: Environment) -> Action:
    suppressions, address = environment.container.suppressions, "nora@example.com"
    suppressions.suppress(address, None, SuppressionReason.BOUNCE)
    return delete_action(operator(environment), f"/api/admin/suppressed-addresses/{suppressions.ids_of(address)[0]}/")


ACCOUNTS: Final = (
    Scenario("register", "POST /api/users/register", _register, is_repeatable=False),
    Scenario("sign in", "POST /api/users/login", _login, attempts_leave_items=True),
    Scenario(
        "sign in from a new network",
        "POST /api/users/login",
        _login_from_new_network,
        attempts_leave_items=True,
        settles_first=True,  # a sign-in without its entry leaves the network unknown: the next one is recorded
    ),
    Scenario("refresh", "POST /api/users/token/refresh", _refresh),
    Scenario("sign out", "POST /api/users/logout", _logout),
    Scenario("change the profile", "PATCH /api/users/profile", _change_profile({"first_name": "Nora"})),
    Scenario(
        "change the email",
        "PATCH /api/users/profile",
        _change_profile({"email": "new@example.com", "current_password": PASSWORD}),
    ),
    Scenario("change the password", "POST /api/users/password", _change_password, is_repeatable=False),
    Scenario("disable an operator", "PATCH /api/admin/users/{id}", _disable),
    Scenario("sign out a user", "POST /api/admin/users/{id}/sign-out", _sign_out_user),
    Scenario("add a bank account", "POST /api/bank-accounts", _add_bank_account),
    Scenario("add the last bank account", "POST /api/bank-accounts", _add_tenth_bank_account),
    Scenario("delete a bank account", "DELETE /api/bank-accounts/{id}", _delete_bank_account),
    Scenario("allow an address", "DELETE /api/admin/suppressed-addresses/{id}", _allow_address),
    Scenario("run a job", "POST /api/admin/tasks/{name}/run", _run_job, attempts_leave_items=True),
)
