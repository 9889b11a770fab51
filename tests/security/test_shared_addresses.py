"""People behind one network address: they never sign each other out, and guessing from it stays limited."""

from dataclasses import replace
from typing import Final

import pytest

from chalicelib.container import Container
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import new_id
from chalicelib.shared.settings import Settings
from tests.factories import PASSWORD, User, UserFactory
from tests.http_client import HttpClient, Response
from tests.problems import problem

PEOPLE: Final = 40
OFFICE: Final = "203.0.113.7"
HOME: Final = "198.51.100.20"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With the default limits of users and anonymous callers."""
    return replace(settings, throttle_user=Settings().throttle_user, throttle_anon=Settings().throttle_anon)


@pytest.fixture
def office(http: HttpClient) -> HttpClient:
    return replace(http, source_ip=OFFICE)


def refresh(http: HttpClient, token: str) -> Response:
    return http.post("/api/users/token/refresh/", {"refresh_token": token})


def refresh_token(container: Container, person: User) -> str:
    return container.sessions.login(person.actor.username, PASSWORD, address=HOME).refresh.text


def invented_token(clock: FixedClock) -> str:
    return f"{new_id(clock())}.{new_id(clock())}.{'x' * 43}"


def test_office_of_forty_refreshes_without_a_limit(
    office: HttpClient, container: Container, user_factory: UserFactory
) -> None:
    tokens = [refresh_token(container, user_factory.registered(Role.LENDER)) for _ in range(PEOPLE)]
    statuses = []

    for _ in range(4):  # access tokens are valid for 15 minutes
        for place, token in enumerate(tokens):
            response = refresh(office, token)
            statuses.append(response.status)
            tokens[place] = response.json["refresh_token"]
    statuses += [office.post("/api/users/logout/", {"refresh_token": token}).status for token in tokens]

    assert statuses == [200] * 4 * PEOPLE + [204] * PEOPLE


def test_each_session_has_its_own_limit(office: HttpClient, container: Container, user_factory: UserFactory) -> None:
    mine, other = (refresh_token(container, user_factory.registered(Role.LENDER)) for _ in "12")

    responses = [refresh(office, mine) for _ in range(101)]

    assert responses[0].headers["ratelimit-policy"] == '"session";q=100;w=3600'
    problem(responses[100], 429, "too_many_requests")
    assert responses[100].headers["ratelimit-policy"] == '"session";q=100;w=3600'
    assert refresh(office, other).status == 200


def test_guessed_refresh_tokens_count_against_the_address(
    office: HttpClient, container: Container, user_factory: UserFactory, clock: FixedClock
) -> None:
    token = refresh_token(container, user_factory.registered(Role.LENDER))

    responses = [refresh(office, invented_token(clock) if number % 2 else "guess") for number in range(101)]

    assert [response.status for response in responses] == [401] * 100 + [429]
    assert refresh(office, token).status == 200
    assert refresh(replace(office, source_ip=HOME), "guess").status == 401


def test_sign_outs_of_invented_sessions_count_against_the_address(office: HttpClient, clock: FixedClock) -> None:
    tokens = [invented_token(clock) if number % 2 else "guess" for number in range(101)]

    statuses = [office.post("/api/users/logout/", {"refresh_token": token}).status for token in tokens]

    assert statuses == [204] * 100 + [429]


@pytest.mark.parametrize("token", [None, "no token", "a.b.c"])
def test_requests_without_valid_token_are_limited(
    office: HttpClient, user_factory: UserFactory, token: str | None
) -> None:
    colleague = replace(user_factory.borrower().http, source_ip=OFFICE)
    paths = ("/api/wallets/", "/api/loans/available/", "/api/admin/audit/")

    responses = [replace(office, token=token).get(paths[number % 3]) for number in range(101)]

    assert [response.status for response in responses] == [401] * 100 + [429]
    assert responses[0].headers["ratelimit-policy"] == '"anon";q=100;w=3600'
    assert responses[0].headers["www-authenticate"] == "Bearer"
    problem(responses[100], 429, "too_many_requests")
    assert int(responses[100].headers["retry-after"]) > 3000
    assert colleague.get("/api/wallets/").status == 200


def test_expired_tokens_count_against_their_user_only(
    office: HttpClient, container: Container, user_factory: UserFactory, clock: FixedClock
) -> None:
    person = user_factory.registered(Role.BORROWER)
    expired = office.signed_in(container.sessions.login(person.actor.username, PASSWORD, address=HOME).access.text)
    clock.advance(minutes=16)

    responses = [expired.get("/api/wallets/") for _ in range(101)]

    assert {response.code for response in responses} == {"token_expired"}
    assert responses[0].headers["ratelimit-policy"] == '"user";q=1000;w=3600'
    assert office.get("/api/wallets/").status == 401
