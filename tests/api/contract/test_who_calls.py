"""401 and 403: nobody known is calling, or somebody who may not do this."""

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


def test_without_a_token_nobody_gets_past_any_door(http: HttpClient) -> None:
    for method, path in GUARDED:
        answer = http.send(method, address(path))

        problem(answer, 401, "not_authenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_operators_calls_are_for_operators(user_factory: UserFactory) -> None:
    for person in (user_factory.borrower(), user_factory.lender()):
        for method, path in OPERATORS:
            problem(person.http.send(method, address(path)), 403, "forbidden")


@pytest.mark.parametrize("given", ["Basic am9objpwdw==", "Bearer", "Bearer ", "", "Digest x"])
def test_another_scheme_is_no_token(http: HttpClient, given: str) -> None:
    answer = http.get("/api/wallets/", headers={"Authorization": given})

    problem(answer, 401, "not_authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_that_was_not_issued_here_is_refused(http: HttpClient, user_factory: UserFactory) -> None:
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


def test_a_token_ends_when_its_time_is_over(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower = user_factory.borrower()

    clock.advance(days=4000)

    problem(borrower.http.get("/api/wallets/"), 401, "token_expired")


def test_a_wrong_login_tells_nothing_of_what_was_wrong(http: HttpClient, user_factory: UserFactory) -> None:
    known = user_factory.registered(Role.BORROWER).actor.username

    wrong_password = http.post("/api/users/login/", {"username": known, "password": PASSWORD + "!"})
    unknown_name = http.post("/api/users/login/", {"username": "nobody_here", "password": PASSWORD})

    told = problem(wrong_password, 401, wrong_password.code)
    assert told == problem(unknown_name, 401, wrong_password.code)
    assert wrong_password.headers["www-authenticate"] == "Bearer"


def test_nobody_registers_as_an_operator(http: HttpClient) -> None:
    body = {"username": "eve", "email": "eve@example.com", "password": PASSWORD, "role": "ADMIN"}

    answer = http.post("/api/users/register/", body)

    assert [error["field"] for error in problem(answer, 422, "invalid_request")["errors"]] == ["role"]


@pytest.mark.parametrize("field", ["role", "username", "status", "balance"])
def test_nobody_changes_the_role_the_name_or_the_status_of_an_account(user_factory: UserFactory, field: str) -> None:
    borrower = user_factory.registered(Role.BORROWER)

    answer = borrower.http.patch("/api/users/profile/", {field: "ADMIN"})

    assert [error["field"] for error in problem(answer, 422, "invalid_request")["errors"]] == [field]
