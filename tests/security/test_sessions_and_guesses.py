"""Mixed or invalid refresh tokens, and what guessed names and ids reveal."""

import pytest
from argon2 import PasswordHasher

from chalicelib.shared.actor import Role
from chalicelib.shared.ids import first_id_of
from tests.conftest import START
from tests.factories import PASSWORD, UserFactory, funded_loan, ok
from tests.http_client import HttpClient, Response
from tests.problems import problem

UNKNOWN = first_id_of(START)


def login(http: HttpClient, name: str, password: str = PASSWORD) -> Response:
    return http.post("/api/users/login/", {"username": name, "password": password})


def refresh(http: HttpClient, token: str) -> Response:
    return http.post("/api/users/token/refresh/", {"refresh_token": token})


def test_refresh_and_access_tokens_are_not_interchangeable(http: HttpClient, user_factory: UserFactory) -> None:
    grant = ok(login(http, user_factory.registered(Role.BORROWER).actor.username)).json

    problem(http.signed_in(grant["refresh_token"]).get("/api/wallets/"), 401, "invalid_token")
    problem(refresh(http, grant["token"]), 422, "invalid_request")
    problem(refresh(http, grant["token"][:256]), 401, "invalid_refresh_token")


def test_mixed_refresh_tokens_are_rejected(http: HttpClient, user_factory: UserFactory) -> None:
    mine, theirs = (
        ok(login(http, user_factory.registered(Role.BORROWER).actor.username)).json["refresh_token"].split(".")
        for _ in "12"
    )
    mixtures = ([mine[0], mine[1], theirs[2]], [mine[0], theirs[1], theirs[2]], [theirs[0], mine[1], mine[2]])

    for parts in mixtures:
        problem(refresh(http, ".".join(parts)), 401, "invalid_refresh_token")
    problem(refresh(http, ".".join(mine)), 401, "invalid_refresh_token")  # a wrong secret ended the session
    ok(refresh(http, ".".join(theirs)))


@pytest.mark.parametrize("text", ["", ".", "..", f"{UNKNOWN}.{UNKNOWN}.", f"{UNKNOWN}.{UNKNOWN}.é", "x" * 256, "\x00"])
def test_invalid_refresh_tokens_are_rejected_alike(http: HttpClient, text: str) -> None:
    problem(refresh(http, text), 401, "invalid_refresh_token")


def test_login_does_equal_work_for_unknown_accounts(
    http: HttpClient, user_factory: UserFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = user_factory.registered(Role.LENDER)
    verified: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str | bytes, password: str | bytes) -> bool:
        verified.append(str(kept).rsplit("$", 2)[0])
        return verify(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    tried = [(person.actor.username, "wrong password"), ("no_such_user", PASSWORD), ("no@body.example", "\ud7ff" * 9)]

    responses = [login(http, name, password) for name, password in tried]

    assert len({response.body for response in responses}) == 1
    assert {name for response in responses for name in response.headers} == set(responses[0].headers)
    assert len(verified) == len(tried)
    assert len(set(verified)) == 1, "one set of parameters, so one amount of work"


def test_foreign_and_unknown_ids_look_alike(user_factory: UserFactory) -> None:
    hidden = funded_loan(user_factory.borrower("2000.00"), user_factory.lender("2000.00"))["id"]
    stranger, other = user_factory.borrower(), user_factory.lender()
    rule = "/api/loans/auto-invest/{}/"

    for method, path in (
        ("GET", "/api/loans/{}/"), ("GET", "/api/loans/{}/offers/"), ("GET", "/api/loans/{}/schedule/"),
        ("GET", "/api/loans/{}/payments/"), ("GET", "/api/loans/{}/payoff/"), ("POST", "/api/loans/{}/pay/"),
        ("POST", "/api/loans/{}/cancel/"),
    ):  # fmt: skip
        some, none = (stranger.http.send(method, path.format(each)) for each in (hidden, UNKNOWN))
        assert (some.status, {**some.json, "instance": ""}) == (404, {**none.json, "instance": ""})
    for view in ("", "offers/", "schedule/", "payments/"):
        some, none = (other.http.get(f"/api/loans/{each}/{view}") for each in (hidden, UNKNOWN))
        assert (some.status, {**some.json, "instance": ""}) == (404, {**none.json, "instance": ""})
    for method in ("PATCH", "DELETE"):
        problem(other.http.send(method, rule.format(UNKNOWN)), 404, "rule_not_found")


def test_ids_are_not_sequential(user_factory: UserFactory) -> None:
    made = {user_factory.borrower().id for _ in range(50)}

    random_parts = {each[10:] for each in made}

    assert len(random_parts) == 50
    assert len({part[:4] for part in random_parts}) > 40, "80 random bits behind the moment"
