"""Attackers who guess an account's password: they cannot lock its owner out, and many networks gain them little."""

from dataclasses import replace
from typing import Final

import pytest

from chalicelib.container import Container
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.errors import TooManyRequests
from chalicelib.shared.settings import Settings
from chalicelib.users.domain.user import WrongCredentials
from tests.factories import PASSWORD, UserFactory
from tests.http_client import HttpClient, Response
from tests.problems import problem

HOME: Final = "203.0.113.7"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With the default limits of sign-in."""
    return replace(settings, throttle_auth=Settings().throttle_auth)


def sign_in(http: HttpClient, address: str, password: str = PASSWORD, name: str = "owner") -> Response:
    body = {"username": name, "password": password}
    return replace(http, source_ip=address).post("/api/users/login/", body)


def stranger(number: int) -> str:
    """Return an address in the attackers' network of this number."""
    return f"198.{18 + number // 250}.{number % 250}.1"


@pytest.fixture
def owner(user_factory: UserFactory, http: HttpClient, clock: FixedClock) -> None:
    """An account whose owner has signed in at home."""
    user_factory.registered(Role.LENDER, name="owner")
    assert sign_in(http, HOME).status == 200
    clock.advance(days=20)


@pytest.mark.usefixtures("owner")
def test_owner_signs_in_throughout_an_attack(http: HttpClient, clock: FixedClock) -> None:
    """Let 80 networks guess for two hours; the owner signs in at home and from places never seen before."""
    guesses = 0
    for minute in range(120):
        for number in range(80):
            if minute < 5 or (minute + number) % 20 == 0:
                guesses += sign_in(http, stranger(number), "a wrong password").status == 401
        clock.advance(minutes=1)
        if minute % 15:
            continue

        assert sign_in(http, HOME).status == 200
        away = sign_in(http, f"192.0.{minute}.9")
        if away.status == 429:
            assert away.headers["retry-after"] == "60"
            clock.advance(seconds=60)
            away = sign_in(http, f"192.0.{minute}.9")
        assert away.status == 200

    assert 50 <= guesses <= 2 * (50 + 80) + 50


@pytest.mark.usefixtures("owner")
def test_five_failures_elsewhere_do_not_delay_the_owner(http: HttpClient, clock: FixedClock) -> None:
    for hour in range(12):
        for _ in range(5):
            assert sign_in(http, stranger(hour % 2), "a wrong password").status in (401, 429)

        assert sign_in(http, HOME).status == 200
        assert sign_in(http, f"192.0.{hour}.9").status == 200
        clock.advance(hours=1)


@pytest.mark.usefixtures("owner")
def test_many_networks_are_held_to_one_guess_an_hour_each(http: HttpClient, clock: FixedClock) -> None:
    for number in range(50):
        assert sign_in(http, stranger(number), "a wrong password").status == 401
    guesses = []
    for _ in range(59):
        clock.advance(minutes=1)
        guesses += [number for number in range(60, 70) if sign_in(http, stranger(number), "wrong").status == 401]

    assert sorted(guesses) == list(range(60, 70))
    rejected = sign_in(http, stranger(60), PASSWORD)
    problem(rejected, 429, "too_many_requests")
    assert rejected.headers["ratelimit-policy"] == '"pause";q=1;w=3600'


@pytest.mark.usefixtures("owner")
def test_limits_do_not_reveal_the_email_of_a_username(http: HttpClient) -> None:
    """An attack on one name changes no response for the other, which is the same as for a name that does not exist."""
    for number in range(55):
        sign_in(http, stranger(number), "a wrong password", "owner")

    def outcomes(name: str, network: int) -> list[tuple[int, str | None]]:
        responses = [sign_in(http, stranger(network), "a wrong password", name) for _ in range(6)]
        return [(response.status, response.headers.get("ratelimit-policy")) for response in responses]

    assert outcomes("owner@example.com", 100) == outcomes("other@example.com", 101)
    assert sign_in(http, stranger(102), "a wrong password", "owner").status == 429


@pytest.mark.usefixtures("owner")
def test_holder_of_a_stolen_token_cannot_keep_the_owner_from_changing_the_password(
    http: HttpClient, clock: FixedClock
) -> None:
    """Only a password change ends the thief's session, so the thief's guesses must not delay it."""
    new_password = "a battery without any staple"

    def change_password(address: str, token: str, current: str) -> Response:
        body = {"current_password": current, "new_password": new_password}
        return replace(http.signed_in(token), source_ip=address).post("/api/users/password/", body)

    stolen = sign_in(http, HOME).json["token"]
    guesses = []
    for number in range(60):
        guesses += [change_password(stranger(number), stolen, "a wrong password").status for _ in range(6)]
        if guesses.count(422) >= 50:
            break

    assert set(guesses) == {422, 429}
    assert guesses.count(422) == 50
    assert change_password(stranger(99), stolen, PASSWORD).status == 429
    clock.advance(seconds=1)
    assert change_password(HOME, sign_in(http, HOME).json["token"], PASSWORD).status == 204


@pytest.mark.usefixtures("owner")
def test_limits_hold_on_several_instances(http: HttpClient, container: Container, settings: Settings) -> None:
    other = Container(settings, clock=container.clock, real_time=container.real_time)
    for number in range(50):
        sessions = (container if number % 2 else other).sessions
        with pytest.raises(WrongCredentials):
            sessions.login("owner", "a wrong password", address=stranger(number))

    with pytest.raises(TooManyRequests):
        other.sessions.login("owner", "a wrong password", address=stranger(60))
    other.database.client.close()
