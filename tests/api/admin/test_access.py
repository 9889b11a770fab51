"""Operators disable each other and end sessions of users."""

from typing import Any

import pytest

from chalicelib.shared.actor import Role
from tests.factories import PASSWORD, User, UserFactory, ok
from tests.http_client import HttpClient, Response
from tests.problems import problem


def sign_in(http: HttpClient, user: User, password: str = PASSWORD) -> Response:
    return http.post("/api/users/login/", {"username": user.actor.username, "password": password})


def refresh(http: HttpClient, session: Any) -> Response:
    return http.post("/api/users/token/refresh/", {"refresh_token": session["refresh_token"]})


def set_disabled(operator: User, user: User, disabled: bool) -> Response:
    return operator.http.patch(f"/api/admin/users/{user.id}/", {"disabled": disabled, "reason": "left the company"})


@pytest.fixture
def other(user_factory: UserFactory) -> User:
    """A second operator."""
    return user_factory.registered(Role.ADMIN, name="carl")


def test_disabled_operator_cannot_sign_in_or_refresh(http: HttpClient, operator: User, other: User) -> None:
    session = ok(sign_in(http, other)).json

    response = ok(set_disabled(operator, other, True))

    assert response.json["disabled"] is True
    unknown = http.post("/api/users/login/", {"username": "unknown_name", "password": PASSWORD})
    refused = sign_in(http, other)
    assert (refused.status, refused.body) == (unknown.status, unknown.body)
    problem(refused, 401, "wrong_login")
    problem(refresh(http, session), 401, "invalid_refresh_token")


def test_disabled_operators_tokens_change_nothing(
    http: HttpClient, user_factory: UserFactory, operator: User, other: User
) -> None:
    john, session = user_factory.registered(Role.LENDER), ok(sign_in(http, other)).json
    ok(set_disabled(operator, other, True))

    frozen = http.signed_in(session["token"]).post(f"/api/admin/users/{john.id}/freeze/", {"reason": "a question"})

    problem(frozen, 401, "token_revoked")
    assert john.call("GET", "/api/users/profile/")["status"] == "ACTIVE"


def test_enabled_operator_signs_in_again(http: HttpClient, operator: User, other: User) -> None:
    ok(set_disabled(operator, other, True))

    assert ok(set_disabled(operator, other, False)).json["disabled"] is False

    renewed = http.signed_in(ok(sign_in(http, other)).json["token"])
    ok(renewed.post("/api/admin/cache/invalidate/", {"scope": "all"}))


def test_operators_cannot_disable_or_sign_out_themselves(operator: User) -> None:
    problem(set_disabled(operator, operator, True), 403, "own_account")
    problem(operator.http.post(f"/api/admin/users/{operator.id}/sign-out/"), 403, "own_account")


def test_only_operators_can_be_disabled(user_factory: UserFactory, operator: User) -> None:
    borrower = user_factory.registered(Role.BORROWER)

    problem(set_disabled(operator, borrower, True), 409, "not_an_operator")
    ok(sign_in(operator.http, borrower))


@pytest.mark.parametrize("body", [{}, {"disabled": "maybe"}, {"disabled": True, "operator_roles": ["SUPPORT"]}])
def test_unknown_or_missing_fields_are_refused(operator: User, other: User, body: object) -> None:
    problem(operator.http.patch(f"/api/admin/users/{other.id}/", body), 422, "invalid_request")


@pytest.mark.parametrize("role", [Role.BORROWER, Role.LENDER, Role.ADMIN])
def test_operator_signs_out_a_user(http: HttpClient, user_factory: UserFactory, operator: User, role: Role) -> None:
    user = user_factory.registered(role)
    session = ok(sign_in(http, user)).json

    ok(operator.http.post(f"/api/admin/users/{user.id}/sign-out/", {"reason": "a lost phone"}))

    problem(refresh(http, session), 401, "invalid_refresh_token")
    old = http.signed_in(session["token"])
    problem(old.patch("/api/users/profile/", {"first_name": "Eve"}), 401, "token_revoked")
    problem(old.post("/api/wallets/deposit/", {"amount": "1.00"}), 401, "token_revoked")
    renewed = http.signed_in(ok(sign_in(http, user)).json["token"])
    ok(renewed.post("/api/wallets/deposit/", {"amount": "1.00"}))


def test_access_changes_leave_audit_entries(user_factory: UserFactory, operator: User, other: User) -> None:
    john = user_factory.registered(Role.LENDER)

    ok(set_disabled(operator, other, True))
    ok(set_disabled(operator, other, True))  # changes nothing
    ok(set_disabled(operator, other, False))
    ok(operator.http.post(f"/api/admin/users/{john.id}/sign-out/"))

    entries = operator.call("GET", "/api/admin/audit/")["items"]
    changes = [entry for entry in entries if entry["action"].endswith("_USER")]
    assert sorted((entry["action"], entry["details"].get("reason")) for entry in changes) == [
        ("DISABLE_USER", "left the company"), ("ENABLE_USER", "left the company"), ("SIGN_OUT_USER", None),
    ]  # fmt: skip
