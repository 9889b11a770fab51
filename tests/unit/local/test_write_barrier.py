"""Requests that change something wait until the clock has advanced."""

import importlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.gateway import Gateway
from local.http_messages import HttpRequest
from local.write_barrier import WriteBarrier


@pytest.fixture
def closed() -> Gateway:
    """The application behind a barrier that is closed."""
    return Gateway(importlib.import_module("app").app, barrier=WriteBarrier(lambda: True))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/wallets/deposit/"),
        ("POST", "/api/loans"),
        ("PATCH", "/api/users/profile/"),
        ("DELETE", "/api/loans/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/offer/"),
    ],
)
def test_requests_that_change_something_are_refused_for_now(closed: Gateway, method: str, path: str) -> None:
    response = closed.respond(HttpRequest(method, path))

    assert response.status == 503
    assert dict(response.headers)["Retry-After"] == "1"
    assert dict(response.headers)["Content-Type"] == "application/problem+json"
    assert b'"code": "clock_advancing"' in response.body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/wallets/"),
        ("GET", "/health"),
        ("POST", "/api/users/login/"),
        ("POST", "/api/users/token/refresh"),
        ("POST", "/api/loans/quote/"),
        ("POST", "/api/sandbox/clock/advance/"),
    ],
)
def test_reads_and_sign_in_reach_the_application(closed: Gateway, method: str, path: str) -> None:
    assert closed.respond(HttpRequest(method, path)).status != 503


def test_barrier_waits_for_running_requests() -> None:
    barrier = WriteBarrier(lambda: False)

    with ThreadPoolExecutor(1) as waiting, barrier.admitted("POST", "/api/loans") as is_admitted:
        assert is_admitted
        assert not barrier.wait_until_idle(0.01)
        idle = waiting.submit(barrier.wait_until_idle, 10)
        assert not idle.done()

    assert idle.result()
    assert barrier.wait_until_idle(0)
