"""User routes over HTTP."""

from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import is_id
from tests.factories import PASSWORD, User, UserFactory, ok
from tests.http_client import HttpClient, Response
from tests.problems import problem

NEW_PASSWORD = "another good phrase"


def registration(**changes: object) -> dict[str, object]:
    """Return a registration body; None omits a field."""
    body = {"username": "john", "email": "john@example.com", "password": PASSWORD, "role": "BORROWER"}
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


def sign_in(http: HttpClient, name: str = "john", password: str = PASSWORD) -> Response:
    return http.post("/api/users/login/", {"username": name, "password": password})


def invalid_fields(response: Response) -> set[str]:
    assert (response.status, response.code) == (422, "invalid_request")
    return {error["field"] for error in response.json["errors"]}


@pytest.fixture
def john(http: HttpClient) -> Any:
    """A registered borrower, as the API returns it."""
    return ok(http.post("/api/users/register/", registration())).json


def test_registration_returns_the_user(http: HttpClient) -> None:
    profile = {"phone_number": "+1 555 0100", "date_of_birth": "1990-02-03", "address": "1 Main Street"}
    names = {"first_name": " John ", "last_name": "Doe"}

    response = http.post("/api/users/register/", registration(role="LENDER", profile=profile, **names))

    user = response.json
    assert response.status == 201
    assert is_id(user.pop("id"))
    assert user == {
        "username": "john",
        "email": "john@example.com",
        "first_name": "John",
        "last_name": "Doe",
        "role": "LENDER",
        "status": "ACTIVE",
        "profile": profile,
        "created_at": "2026-01-15T09:30:00.000Z",
    }


def test_missing_personal_details_are_null(john: Any) -> None:
    assert john["profile"] == {"phone_number": None, "date_of_birth": None, "address": None}
    assert (john["first_name"], john["last_name"]) == ("", "")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "other@example.com"}, "username_taken"),
        ({"username": "other"}, "email_taken"),
        ({}, "username_taken"),
    ],
)
def test_taken_names_are_rejected(http: HttpClient, john: Any, changes: dict[str, object], code: str) -> None:
    again = {"username": "JOHN", "email": "John@Example.COM", **changes}

    response = http.post("/api/users/register/", registration(**again))

    assert (response.status, response.code) == (409, code)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": None}, "username"),
        ({"username": "a b c"}, "username"),
        ({"username": 5}, "username"),
        ({"username": "\ud800\ud800\ud800"}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "  \u2003     "}, "password"),
        ({"username": "john_of_gaunt", "password": "John_of_Gaunt"}, "password"),
        ({"email": "john.gaunt@example.com", "password": "john.gaunt@example.com"}, "password"),
        ({"email": "john.gaunt@example.com", "password": "JOHN.GAUNT"}, "password"),
        ({"password": "p2p-lending"}, "password"),
        ({"password": None}, "password"),
        ({"role": None}, "role"),
        ({"first_name": "a\x00b"}, "first_name"),
        ({"first_name": None, "last_name": "x" * 101}, "last_name"),
        ({"profile": {"date_of_birth": "2026-01-16"}}, "profile.date_of_birth"),
        ({"profile": {"date_of_birth": "2008-01-16"}}, "profile.date_of_birth"),
        ({"profile": {"date_of_birth": "yesterday"}}, "profile.date_of_birth"),
        ({"profile": {"phone_number": "call me"}}, "profile.phone_number"),
        ({"profile": {"adress": "1 Main Street"}}, "profile.adress"),
        ({"profile": "x"}, "profile"),
    ],
)
def test_registration_names_the_invalid_field(http: HttpClient, changes: dict[str, object], field: str) -> None:
    assert invalid_fields(http.post("/api/users/register/", registration(**changes))) == {field}


def test_errors_never_repeat_the_password(http: HttpClient) -> None:
    for password in ("qwertyuiop", "k7" * 70, "s3cr"):
        response = http.post("/api/users/register/", registration(password=password, token="s3cr3t"))
        assert response.status == 422
        assert password.encode() not in response.body
        assert b"s3cr3t" not in response.body


def test_login_returns_tokens_and_user(http: HttpClient, john: Any) -> None:
    for name in ("john", "JOHN", "John@Example.com"):
        response = sign_in(http, name)

        assert response.status == 200
        assert (response.json["token_type"], response.json["expires_in"]) == ("Bearer", 900)
        assert response.json["user"] == john


def test_wrong_credentials_have_one_response(http: HttpClient, john: Any) -> None:
    wrong, unknown = sign_in(http, password="wrong phrase"), sign_in(http, name="unknown")

    assert (wrong.status, wrong.code) == (401, "wrong_login")
    assert wrong.headers["www-authenticate"] == "Bearer"
    assert wrong.json == unknown.json


def test_expired_access_token_can_be_refreshed(http: HttpClient, john: Any, clock: FixedClock) -> None:
    tokens = sign_in(http).json
    clock.advance(minutes=15)
    expired = http.signed_in(tokens["token"]).get("/api/users/profile/")

    fresh = http.post("/api/users/token/refresh/", {"refresh_token": tokens["refresh_token"]})

    assert (expired.status, expired.code) == (401, "token_expired")
    assert fresh.status == 200
    assert fresh.json["user"] == john
    assert http.signed_in(fresh.json["token"]).get("/api/users/profile/").status == 200


def refresh(http: HttpClient, token: str) -> Response:
    return http.post("/api/users/token/refresh/", {"refresh_token": token})


def test_refresh_token_works_once(http: HttpClient, john: Any, clock: FixedClock) -> None:
    first = sign_in(http).json["refresh_token"]
    second = ok(refresh(http, first)).json["refresh_token"]
    assert refresh(http, first).status == 200

    clock.advance(seconds=11)

    reused, after = refresh(http, first), refresh(http, second)
    assert [(response.status, response.code) for response in (reused, after)] == [(401, "invalid_refresh_token")] * 2


def test_logout_ends_the_session(http: HttpClient, john: Any) -> None:
    token = sign_in(http).json["refresh_token"]

    for _ in range(2):
        response = http.post("/api/users/logout/", {"refresh_token": token})
        assert (response.status, response.body) == (204, b"")
    assert refresh(http, token).status == 401


@pytest.mark.parametrize("path", ["token/refresh", "logout"])
def test_refresh_token_is_required(http: HttpClient, path: str) -> None:
    assert invalid_fields(http.post(f"/api/users/{path}/", {})) == {"refresh_token"}


@pytest.fixture
def person(user_factory: UserFactory) -> User:
    """A signed-in user."""
    return user_factory.registered(Role.BORROWER)


def test_patch_changes_only_named_fields(person: User) -> None:
    profile = {"phone_number": "+1 555 0100", "address": "1 Main Street"}
    ok(person.http.patch("/api/users/profile/", {"first_name": "John", "profile": profile}))

    changes = {"last_name": "Doe", "email": "New@Example.com", "profile": {"address": None}}
    body = {**changes, "current_password": PASSWORD}
    response = person.http.patch("/api/users/profile/", body)

    user = response.json
    assert response.status == 200
    assert (user["first_name"], user["last_name"], user["email"]) == ("John", "Doe", "New@Example.com")
    assert user["profile"] == {"phone_number": "+1 555 0100", "date_of_birth": None, "address": None}
    assert person.http.get("/api/users/profile/").json == user


def test_empty_patch_changes_nothing(person: User) -> None:
    before = person.http.get("/api/users/profile/").json

    assert ok(person.http.patch("/api/users/profile/", {})).json == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "boss"}, "username"),
        ({"password": "x"}, "password"),
        ({"email": "nowhere"}, "email"),
        ({"email": None}, "email"),
        ({"first_name": None}, "first_name"),
        ({"profile": {"date_of_birth": "3000-01-01"}}, "profile.date_of_birth"),
        ({"profile": {"date_of_birth": "2008-01-16"}}, "profile.date_of_birth"),
    ],
)
def test_patch_rejects_protected_or_invalid_fields(person: User, body: object, field: str) -> None:
    before = person.http.get("/api/users/profile/").json

    assert invalid_fields(person.http.patch("/api/users/profile/", body)) == {field}
    assert person.http.get("/api/users/profile/").json == before


def test_patch_rejects_a_taken_email(http: HttpClient, john: Any, person: User) -> None:
    response = person.http.patch("/api/users/profile/", {"email": "JOHN@example.com", "current_password": PASSWORD})

    assert (response.status, response.code) == (409, "email_taken")


def test_email_change_requires_the_current_password(http: HttpClient, person: User) -> None:
    before = person.http.get("/api/users/profile/").json
    changed = {"email": "elsewhere@example.com"}

    problem(person.http.patch("/api/users/profile/", changed), 403, "step_up_required")
    problem(person.http.patch("/api/users/profile/", {**changed, "current_password": "wrong"}), 422, "wrong_password")

    assert person.http.get("/api/users/profile/").json == before
    ok(person.http.patch("/api/users/profile/", {**changed, "current_password": PASSWORD}))
    ok(http.post("/api/users/login/", {"username": "elsewhere@example.com", "password": PASSWORD}))


def change_password(person: User, current: str, new: str) -> Response:
    body = {"current_password": current, "new_password": new}
    return person.http.post("/api/users/password/", body)


def test_password_change_ends_sessions_and_old_password(http: HttpClient, person: User) -> None:
    token = sign_in(http, person.actor.username).json["refresh_token"]

    response = change_password(person, PASSWORD, NEW_PASSWORD)

    assert (response.status, response.body) == (204, b"")
    assert refresh(http, token).status == 401
    assert sign_in(http, person.actor.username).status == 401
    assert sign_in(http, person.actor.username, NEW_PASSWORD).status == 200


def test_wrong_current_password_is_a_field_error(person: User) -> None:
    response = change_password(person, "wrong phrase", NEW_PASSWORD)

    assert (response.status, response.code) == (422, "wrong_password")
    assert [error["field"] for error in response.json["errors"]] == ["current_password"]


@pytest.mark.parametrize("new", ["short", "password123", "x" * 129])
def test_new_password_must_be_valid(person: User, new: str) -> None:
    assert invalid_fields(change_password(person, PASSWORD, new)) == {"new_password"}


def test_new_password_must_not_be_own_name_or_email(http: HttpClient, user_factory: UserFactory) -> None:
    john = user_factory.registered(Role.LENDER, name="john_of_gaunt")

    for new in ("john_of_gaunt", "John_of_Gaunt@example.com", "P2P lending"):
        assert invalid_fields(change_password(john, PASSWORD, new)) == {"new_password"}
    assert sign_in(http, "john_of_gaunt").status == 200


def test_operators_can_sign_in(http: HttpClient, container: Container) -> None:
    container.users.create_operator(username="boss", email="boss@example.com", password=PASSWORD)

    assert sign_in(http, "boss").json["user"]["role"] == "ADMIN"
