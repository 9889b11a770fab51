"""401 and 403: missing authentication and missing permission."""

from __future__ import annotations

import base64
import json

import pytest

from chalicelib.api.auth import AccessLevel
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from tests.api.contract.declared import CALLS, address
from tests.factories import PASSWORD, UserFactory
from tests.http_client import HttpClient
from tests.problems import problem

GUARDED = [(each.method, each.path) for each in CALLS if each.access is not AccessLevel.ANYONE]
OPERATORS = [(each.method, each.path) for each in CALLS if each.access is AccessLevel.OPERATOR]


def test_protected_routes_reject_anonymous_requests(http: HttpClient) -> None:
    for method, path in GUARDED:
        answer = http.send(method, address(path))

        problem(answer, 401, "not_authenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_operators_calls_are_for_operators(user_factory: UserFactory) -> None:
    for person in (user_factory.borrower(), user_factory.lender()):
        for method, path in OPERATORS:
            problem(person.http.send(method, address(path)), 403, "forbidden")


@pytest.mark.parametrize("given", ["Basic am9objpwdw==", "Bearer", "Bearer ", "", "Digest x"])
def test_other_authorization_schemes_are_rejected(http: HttpClient, given: str) -> None:
    answer = http.get("/api/wallets/", headers={"Authorization": given})

    problem(answer, 401, "not_authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_foreign_token_is_rejected(http: HttpClient, user_factory: UserFactory) -> None:
    token = user_factory.borrower().http.token or ""
    head, claims, signature = token.split(".")
    richer = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"role": "ADMIN"}
    forged = base64.urlsafe_b64encode(json.dumps(richer).encode()).rstrip(b"=").decode()
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()

    for bad in ("x.y.z", token[:-4] + "AAAA", f"{head}.{forged}.{signature}", f"{unsigned}.{claims}."):
        answer = http.signed_in(bad).get("/api/wallets/")

        problem(answer, 401, "invalid_token")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_both_schemes_carry_a_token(http: HttpClient, user_factory: UserFactory) -> None:
    token = user_factory.borrower().http.token

    for scheme in ("Bearer", "Token", "bearer", "TOKEN"):
        answer = http.get("/api/wallets/", headers={"Authorization": f"{scheme} {token}"})

        assert answer.status == 200


def test_token_expires(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower = user_factory.borrower()

    clock.advance(days=4000)

    problem(borrower.http.get("/api/wallets/"), 401, "token_expired")


def test_failed_login_does_not_reveal_the_reason(http: HttpClient, user_factory: UserFactory) -> None:
    known = user_factory.registered(Role.BORROWER).actor.username

    wrong_password = http.post("/api/users/login/", {"username": known, "password": PASSWORD + "!"})
    unknown_name = http.post("/api/users/login/", {"username": "nobody_here", "password": PASSWORD})

    told = problem(wrong_password, 401, wrong_password.code)
    assert told == problem(unknown_name, 401, wrong_password.code)
    assert wrong_password.headers["www-authenticate"] == "Bearer"


def test_registration_rejects_the_operator_role(http: HttpClient) -> None:
    body = {"username": "eve", "email": "eve@example.com", "password": PASSWORD, "role": "ADMIN"}

    answer = http.post("/api/users/register/", body)

    assert [error["field"] for error in problem(answer, 422, "invalid_request")["errors"]] == ["role"]


@pytest.mark.parametrize("field", ["role", "username", "status", "balance"])
def test_profile_rejects_role_name_and_status(user_factory: UserFactory, field: str) -> None:
    borrower = user_factory.registered(Role.BORROWER)

    answer = borrower.http.patch("/api/users/profile/", {field: "ADMIN"})

    assert [error["field"] for error in problem(answer, 422, "invalid_request")["errors"]] == [field]
