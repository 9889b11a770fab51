"""Sign-in over HTTP under the default rate limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.factories import PASSWORD
from tests.http_client import HttpClient, Response


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with the default limits."""
    defaults = Settings()
    return replace(settings, throttle_auth=defaults.throttle_auth, throttle_rate=defaults.throttle_rate)


def sign_in(http: HttpClient, name: str) -> Response:
    return http.post("/api/users/login/", {"username": name, "password": PASSWORD})


def test_address_allows_five_sign_ins_a_minute(http: HttpClient, clock: FixedClock) -> None:
    responses = [sign_in(http, f"unknown{number}") for number in range(6)]

    assert [response.status for response in responses] == [401] * 5 + [429]
    assert responses[5].code == "too_many_requests"
    assert responses[5].headers["retry-after"] == "60"
    assert responses[5].headers["ratelimit"] == '"auth";r=0;t=60'

    clock.advance(seconds=60)
    assert sign_in(http, "unknown").status == 401


def test_other_addresses_are_not_limited(http: HttpClient) -> None:
    for number in range(6):
        sign_in(http, f"unknown{number}")

    assert sign_in(replace(http, source_ip="198.51.100.9"), "unknown").status == 401


def test_responses_carry_rate_limit_headers(http: HttpClient) -> None:
    body = {"username": "john", "email": "john@example.com", "password": PASSWORD, "role": "LENDER"}

    response = http.post("/api/users/register/", body)

    assert response.status == 201
    assert response.headers["ratelimit-policy"] == '"auth";q=5;w=60'
    assert response.headers["ratelimit"] == '"auth";r=4;t=60'
