"""Sign-in over HTTP under the limits that a deployment has by default."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.http_client import Answer, HttpClient
from tests.people import PASSWORD


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With the default limits."""
    limits = Settings()
    return replace(settings, throttle_auth=limits.throttle_auth, throttle_rate=limits.throttle_rate)


def sign_in(http: HttpClient, name: str) -> Answer:
    return http.post("/api/users/login/", {"username": name, "password": PASSWORD})


def test_an_address_takes_five_sign_ins_a_minute(http: HttpClient, clock: FixedClock) -> None:
    answers = [sign_in(http, f"nobody{number}") for number in range(6)]

    assert [answer.status for answer in answers] == [401] * 5 + [429]
    assert answers[5].code == "too_many_requests"
    assert answers[5].headers["retry-after"] == "60"
    assert answers[5].headers["ratelimit"] == '"auth";r=0;t=60'

    clock.advance(seconds=60)
    assert sign_in(http, "nobody").status == 401


def test_another_address_is_not_kept_waiting(http: HttpClient) -> None:
    for number in range(6):
        sign_in(http, f"nobody{number}")

    assert sign_in(replace(http, source_ip="198.51.100.9"), "nobody").status == 401


def test_answers_tell_what_is_left(http: HttpClient) -> None:
    body = {"username": "john", "email": "john@example.com", "password": PASSWORD, "role": "LENDER"}

    answer = http.post("/api/users/register/", body)

    assert answer.status == 201
    assert answer.headers["ratelimit-policy"] == '"auth";q=5;w=60'
    assert answer.headers["ratelimit"] == '"auth";r=4;t=60'
