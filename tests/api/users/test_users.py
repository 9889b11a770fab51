"""The user calls over HTTP: what clients may rely on."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import is_id
from tests.http_client import Answer, HttpClient
from tests.people import PASSWORD, Person, a_borrower, ok

NEW_PASSWORD = "another good phrase"


def registration(**changes: object) -> dict[str, object]:
    """A body that registers; None leaves a field out."""
    body = {"username": "john", "email": "john@example.com", "password": PASSWORD, "role": "BORROWER"}
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


def sign_in(http: HttpClient, name: str = "john", password: str = PASSWORD) -> Answer:
    return http.post("/api/users/login/", {"username": name, "password": password})


def wrong_fields(answer: Answer) -> set[str]:
    assert (answer.status, answer.code) == (422, "invalid_request")
    return {error["field"] for error in answer.json["errors"]}


@pytest.fixture
def john(http: HttpClient) -> Any:
    """A registered borrower, as the API shows him."""
    return ok(http.post("/api/users/register/", registration())).json


def test_registering_answers_with_the_whole_user(http: HttpClient) -> None:
    profile = {"phone_number": "+1 555 0100", "date_of_birth": "1990-02-03", "address": "1 Main Street"}
    names = {"first_name": " John ", "last_name": "Doe"}

    answer = http.post("/api/users/register/", registration(role="LENDER", profile=profile, **names))

    user = answer.json
    assert answer.status == 201
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


def test_a_user_without_details_shows_nulls(john: Any) -> None:
    assert john["profile"] == {"phone_number": None, "date_of_birth": None, "address": None}
    assert (john["first_name"], john["last_name"]) == ("", "")


def test_both_spellings_of_a_path_work(http: HttpClient) -> None:
    assert http.post("/api/users/register", registration()).status == 201
    assert http.post("/api/users/login", {"username": "john", "password": PASSWORD}).status == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "other@example.com"}, "username_taken"),
        ({"username": "other"}, "email_taken"),
        ({}, "username_taken"),
    ],
)
def test_names_are_taken_once(http: HttpClient, john: Any, changes: dict[str, object], code: str) -> None:
    again = {"username": "JOHN", "email": "John@Example.COM", **changes}

    answer = http.post("/api/users/register/", registration(**again))

    assert (answer.status, answer.code) == (409, code)


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
        ({"password": None}, "password"),
        ({"role": "ADMIN"}, "role"),
        ({"role": None}, "role"),
        ({"first_name": "a\x00b"}, "first_name"),
        ({"first_name": None, "last_name": "x" * 101}, "last_name"),
        ({"status": "ACTIVE"}, "status"),
        ({"is_admin": True}, "is_admin"),
        ({"profile": {"date_of_birth": "2026-01-16"}}, "profile.date_of_birth"),
        ({"profile": {"date_of_birth": "yesterday"}}, "profile.date_of_birth"),
        ({"profile": {"phone_number": "call me"}}, "profile.phone_number"),
        ({"profile": {"adress": "1 Main Street"}}, "profile.adress"),
        ({"profile": "x"}, "profile"),
    ],
)
def test_a_wrong_field_is_named(http: HttpClient, changes: dict[str, object], field: str) -> None:
    assert wrong_fields(http.post("/api/users/register/", registration(**changes))) == {field}


def test_a_refusal_never_repeats_the_password(http: HttpClient) -> None:
    for password in ("qwertyuiop", "k7" * 70, "s3cr"):
        answer = http.post("/api/users/register/", registration(password=password))
        assert answer.status == 422
        assert password.encode() not in answer.body


def test_signing_in_gives_tokens_and_the_user(http: HttpClient, john: Any) -> None:
    for name in ("john", "JOHN", "John@Example.com"):
        answer = sign_in(http, name)

        assert answer.status == 200
        assert set(answer.json) == {"token", "token_type", "expires_in", "refresh_token", "user"}
        assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 900)
        assert answer.json["user"] == john


def test_a_wrong_login_is_the_same_for_all_reasons(http: HttpClient, john: Any) -> None:
    wrong, unknown = sign_in(http, password="wrong phrase"), sign_in(http, name="nobody")

    assert (wrong.status, wrong.code) == (401, "wrong_login")
    assert wrong.headers["www-authenticate"] == "Bearer"
    assert wrong.json == unknown.json


def test_the_token_opens_the_profile(http: HttpClient, john: Any) -> None:
    token = sign_in(http).json["token"]

    for scheme in ("Bearer", "Token", "bearer"):
        answer = http.get("/api/users/profile/", headers={"Authorization": f"{scheme} {token}"})
        assert (answer.status, answer.json) == (200, john)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x.y.z", "Basic am9objpwdw==", "Bearer \u00e9"])
def test_without_a_good_token_there_is_no_profile(http: HttpClient, header: str | None) -> None:
    answer = http.get("/api/users/profile/", headers={"Authorization": header} if header is not None else {})

    assert answer.status == 401
    assert answer.code in {"not_authenticated", "invalid_token"}
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_ends_after_fifteen_minutes_and_is_refreshed(http: HttpClient, john: Any, clock: FixedClock) -> None:
    grant = sign_in(http).json
    clock.advance(minutes=15)
    expired = http.signed_in(grant["token"]).get("/api/users/profile/")

    fresh = http.post("/api/users/token/refresh/", {"refresh_token": grant["refresh_token"]})

    assert (expired.status, expired.code) == (401, "token_expired")
    assert fresh.status == 200
    assert fresh.json["user"] == john
    assert http.signed_in(fresh.json["token"]).get("/api/users/profile/").status == 200


def refresh(http: HttpClient, token: str) -> Answer:
    return http.post("/api/users/token/refresh/", {"refresh_token": token})


def test_a_refresh_token_works_once(http: HttpClient, john: Any, clock: FixedClock) -> None:
    first = sign_in(http).json["refresh_token"]
    second = ok(refresh(http, first)).json["refresh_token"]
    assert refresh(http, first).status == 200

    clock.advance(seconds=11)

    reused, after = refresh(http, first), refresh(http, second)
    assert [(answer.status, answer.code) for answer in (reused, after)] == [(401, "invalid_refresh_token")] * 2


def test_signing_out_ends_the_session(http: HttpClient, john: Any) -> None:
    token = sign_in(http).json["refresh_token"]

    for _ in range(2):
        answer = http.post("/api/users/logout/", {"refresh_token": token})
        assert (answer.status, answer.body) == (204, b"")
    assert refresh(http, token).status == 401


@pytest.mark.parametrize("path", ["token/refresh", "logout"])
def test_a_refresh_token_is_required(http: HttpClient, path: str) -> None:
    assert wrong_fields(http.post(f"/api/users/{path}/", {})) == {"refresh_token"}


@pytest.fixture
def person(http: HttpClient) -> Person:
    """Somebody signed in."""
    return a_borrower(http)


def test_a_patch_changes_what_it_names(person: Person) -> None:
    profile = {"phone_number": "+1 555 0100", "address": "1 Main Street"}
    ok(person.http.patch("/api/users/profile/", {"first_name": "John", "profile": profile}))

    body = {"last_name": "Doe", "email": "New@Example.com", "profile": {"address": None}}
    answer = person.http.patch("/api/users/profile/", body)

    user = answer.json
    assert answer.status == 200
    assert (user["first_name"], user["last_name"], user["email"]) == ("John", "Doe", "New@Example.com")
    assert user["profile"] == {"phone_number": "+1 555 0100", "date_of_birth": None, "address": None}
    assert person.http.get("/api/users/profile/").json == user


def test_an_empty_patch_changes_nothing(person: Person) -> None:
    before = person.http.get("/api/users/profile/").json

    assert ok(person.http.patch("/api/users/profile/", {})).json == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "ADMIN"}, "role"),
        ({"username": "boss"}, "username"),
        ({"status": "ACTIVE"}, "status"),
        ({"id": "x"}, "id"),
        ({"password": "x"}, "password"),
        ({"email": "nowhere"}, "email"),
        ({"email": None}, "email"),
        ({"first_name": None}, "first_name"),
        ({"profile": {"date_of_birth": "3000-01-01"}}, "profile.date_of_birth"),
    ],
)
def test_nobody_changes_what_is_not_theirs_to_change(person: Person, body: object, field: str) -> None:
    before = person.http.get("/api/users/profile/").json

    assert wrong_fields(person.http.patch("/api/users/profile/", body)) == {field}
    assert person.http.get("/api/users/profile/").json == before


def test_an_email_of_somebody_else_is_taken(http: HttpClient, john: Any, person: Person) -> None:
    answer = person.http.patch("/api/users/profile/", {"email": "JOHN@example.com"})

    assert (answer.status, answer.code) == (409, "email_taken")


def change_password(person: Person, current: str, new: str) -> Answer:
    body = {"current_password": current, "new_password": new}
    return person.http.post("/api/users/password/", body)


def test_a_new_password_replaces_the_old_one_and_ends_the_sessions(http: HttpClient, person: Person) -> None:
    token = sign_in(http, person.actor.username).json["refresh_token"]

    answer = change_password(person, PASSWORD, NEW_PASSWORD)

    assert (answer.status, answer.body) == (204, b"")
    assert refresh(http, token).status == 401
    assert sign_in(http, person.actor.username).status == 401
    assert sign_in(http, person.actor.username, NEW_PASSWORD).status == 200


def test_a_wrong_present_password_is_a_wrong_field(person: Person) -> None:
    answer = change_password(person, "wrong phrase", NEW_PASSWORD)

    assert (answer.status, answer.code) == (422, "wrong_password")
    assert [error["field"] for error in answer.json["errors"]] == ["current_password"]


@pytest.mark.parametrize("new", ["short", "password123", "x" * 129])
def test_a_new_password_follows_the_rules_of_registration(person: Person, new: str) -> None:
    assert wrong_fields(change_password(person, PASSWORD, new)) == {"new_password"}


@pytest.mark.parametrize(("method", "path"), [("GET", "profile"), ("PATCH", "profile"), ("POST", "password")])
def test_only_who_is_signed_in_reaches_an_account(http: HttpClient, method: str, path: str) -> None:
    assert http.send(method, f"/api/users/{path}/", {}).status == 401


def test_an_operator_signs_in_like_anybody(http: HttpClient, container: Container) -> None:
    container.users.create_operator(username="boss", email="boss@example.com", password=PASSWORD)

    assert sign_in(http, "boss").json["user"]["role"] == "ADMIN"
