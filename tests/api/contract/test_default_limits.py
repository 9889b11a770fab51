"""The default rate limits: exact for money, and reported on every limited route."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from chalicelib.api.auth import AccessLevel
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import Endpoint
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.api.contract.declared import CALLS, address
from tests.factories import PASSWORD, User, UserFactory
from tests.http_client import HttpClient, Response
from tests.problems import problem

CALLERS = 32


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With the default limits."""
    default = Settings()
    return replace(
        settings,
        throttle_rate=default.throttle_rate,
        throttle_auth=default.throttle_auth,
        throttle_user=default.throttle_user,
        throttle_anon=default.throttle_anon,
    )


def deposit(person: User) -> Response:
    return person.http.post("/api/wallets/deposit/", {"amount": "1.00"})


def test_eleventh_money_request_in_a_minute_is_limited(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower = user_factory.borrower()
    responses = []
    for _ in range(11):
        responses.append(deposit(borrower))
        clock.advance(seconds=1)

    assert [response.status for response in responses] == [200] * 10 + [429]
    assert [response.headers["ratelimit"] for response in responses[:3]] == [
        f'"money";r={left};t={seconds}' for left, seconds in ((9, 60), (8, 59), (7, 58))
    ]
    problem(responses[10], 429, "too_many_requests")
    assert responses[10].headers["ratelimit-policy"] == '"money";q=10;w=60'
    assert responses[10].headers["ratelimit"] == '"money";r=0;t=50'
    assert responses[10].headers["retry-after"] == "50"
    assert borrower.balance() == "10.00"


def test_retry_after_is_exact(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower = user_factory.borrower()
    for _ in range(10):
        deposit(borrower)
    wait = int(deposit(borrower).headers["retry-after"])

    clock.advance(seconds=wait - 1)
    assert deposit(borrower).status == 429
    clock.advance(seconds=1)
    assert deposit(borrower).status == 200


def sign_in(http: HttpClient, name: str) -> Response:
    return http.post("/api/users/login/", {"username": name, "password": PASSWORD})


def test_each_address_allows_five_sign_ins_a_minute(http: HttpClient, clock: FixedClock) -> None:
    responses = [sign_in(http, f"unknown{number}") for number in range(6)]

    assert [response.status for response in responses] == [401] * 5 + [429]
    problem(responses[5], 429, "too_many_requests")
    assert responses[5].headers["retry-after"] == "60"
    assert responses[5].headers["ratelimit"] == '"auth";r=0;t=60'
    assert sign_in(replace(http, source_ip="198.51.100.9"), "unknown").status == 401
    clock.advance(seconds=60)
    assert sign_in(http, "unknown").status == 401


def test_ten_of_32_concurrent_requests_pass(user_factory: UserFactory) -> None:
    borrower = user_factory.borrower()
    together = Barrier(CALLERS)

    def call(_: int) -> Response:
        together.wait()
        return deposit(borrower)

    with ThreadPoolExecutor(CALLERS) as pool:
        responses = list(pool.map(call, range(CALLERS)))

    assert sorted(response.status for response in responses) == [200] * 10 + [429] * 22
    assert borrower.balance() == "10.00"


def test_ten_of_32_clients_pass_in_any_minute(user_factory: UserFactory, clock: FixedClock) -> None:
    """Send requests every five seconds for three minutes; no span of a minute has more successes."""
    borrower = user_factory.borrower()
    passed = []
    with ThreadPoolExecutor(CALLERS) as pool:
        for _ in range(36):
            statuses = [response.status for response in pool.map(lambda _: deposit(borrower), range(CALLERS // 4))]
            passed += [clock()] * statuses.count(200)
            clock.advance(seconds=5)

    starts = {moment + timedelta(seconds=shift) for moment in passed for shift in (-59, -30, 0, 1)}
    most = max(sum(start <= moment < start + timedelta(seconds=60) for moment in passed) for start in starts)
    assert most == 10
    assert len(passed) == 30


LIMITED = [each for each in CALLS if each.rate_limit is not RateLimitPolicy.NEVER]
POLICIES = {RateLimitPolicy.MONEY: '"money";q=10;w=60', RateLimitPolicy.AUTH: '"auth";q=5;w=60'}


def policy_of(declared: Endpoint) -> str:
    if declared.rate_limit in POLICIES:
        return POLICIES[declared.rate_limit]
    return '"anon";q=100;w=3600' if declared.access is AccessLevel.ANYONE else '"user";q=1000;w=3600'


@pytest.mark.parametrize("declared", LIMITED, ids=lambda each: f"{each.method} {each.path}")
def test_every_limited_route_reports_its_limit(declared: Endpoint, user_factory: UserFactory, http: HttpClient) -> None:
    caller = http if declared.access is AccessLevel.ANYONE else user_factory.borrower().http

    response = caller.send(
        declared.method, address(declared.path), {} if declared.method in ("POST", "PATCH") else None
    )

    assert response.status < 500
    assert response.headers["ratelimit-policy"] == policy_of(declared)
    assert re.fullmatch(policy_of(declared).partition(";")[0] + r";r=\d+;t=\d+", response.headers["ratelimit"])
