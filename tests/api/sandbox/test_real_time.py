"""Tokens, sessions, limits and idempotency keys follow the real time, however far the business clock is ahead."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.container import Container, install_container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Limit, Settings
from tests.factories import PASSWORD, ok
from tests.http_client import HttpClient
from tests.queues import RecordingQueue

LOGIN = "/api/users/login/"
MONEY = {"amount": "5.00"}
YEAR = 365


@pytest.fixture
def real_time(clock: FixedClock) -> FixedClock:
    return FixedClock(clock())


@pytest.fixture
def container(
    settings: Settings, clock: FixedClock, real_time: FixedClock, queue: RecordingQueue
) -> Iterator[Container]:
    """A container whose business clock is not the real time, with the limits of sign-in."""
    limited = replace(settings, throttle_auth=Limit(5, 60))
    built = Container(limited, clock=clock, real_time=real_time, queue=queue)
    install_container(built)
    yield built
    built.database.client.close()


@pytest.fixture
def session(http: HttpClient) -> dict[str, Any]:
    """A lender's session."""
    account = {"username": "lena", "email": "lena@example.com", "password": PASSWORD, "role": "LENDER"}
    ok(http.post("/api/users/register/", account))
    return sign_in(http)


def sign_in(http: HttpClient) -> dict[str, Any]:
    signed_in: dict[str, Any] = ok(http.post(LOGIN, {"username": "lena", "password": PASSWORD})).json
    return signed_in


def test_access_token_expires_in_real_time(
    http: HttpClient, session: dict[str, Any], clock: FixedClock, real_time: FixedClock
) -> None:
    lender = http.signed_in(session["token"])

    clock.advance(days=YEAR)

    assert lender.get("/api/wallets/").status == 200
    ok(lender.post("/api/wallets/deposit/", MONEY))
    real_time.advance(minutes=16)
    assert lender.get("/api/wallets/").json["code"] == "token_expired"


def test_session_is_refreshed_after_a_business_year(
    http: HttpClient, session: dict[str, Any], clock: FixedClock, real_time: FixedClock
) -> None:
    clock.advance(days=YEAR)

    renewed = ok(http.post("/api/users/token/refresh/", {"refresh_token": session["refresh_token"]})).json

    assert http.signed_in(renewed["token"]).get("/api/users/profile/").status == 200
    assert sign_in(http)["user"]["username"] == "lena"
    real_time.advance(days=91)
    late = http.post("/api/users/token/refresh/", {"refresh_token": renewed["refresh_token"]})
    assert (late.status, late.json["code"]) == (401, "invalid_refresh_token")


def test_business_time_ends_no_wait_of_a_sign_in(
    http: HttpClient, session: dict[str, Any], clock: FixedClock, real_time: FixedClock
) -> None:
    wrong = {"username": "lena", "password": "not-this-one"}
    real_time.advance(minutes=10)
    assert [http.post(LOGIN, wrong).status for _ in range(5)] == [401] * 5

    clock.advance(days=YEAR)

    assert http.post(LOGIN, wrong).status == 429
    real_time.advance(minutes=10)
    assert sign_in(http)["user"]["username"] == "lena"


def test_idempotency_key_is_remembered_in_real_time(
    http: HttpClient, session: dict[str, Any], clock: FixedClock, real_time: FixedClock
) -> None:
    lender = http.signed_in(session["token"])
    first = ok(lender.post("/api/wallets/deposit/", MONEY, key="once")).json

    clock.advance(days=YEAR)

    again = ok(lender.post("/api/wallets/deposit/", MONEY, key="once"))
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json["transaction"]["id"] == first["transaction"]["id"]
    assert lender.get("/api/wallets/").json["balance"] == "5.00"
    assert clock() - real_time() == timedelta(days=YEAR)


def test_ledger_follows_business_time(http: HttpClient, session: dict[str, Any], clock: FixedClock) -> None:
    clock.advance(days=YEAR)

    entry = ok(http.signed_in(session["token"]).post("/api/wallets/deposit/", MONEY)).json["transaction"]

    assert entry["created_at"].startswith("2027-01-15")
