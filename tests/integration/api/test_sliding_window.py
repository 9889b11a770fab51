"""Strict limits on a real database: exact under races, and closed during outages."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.api.rate_limiting.sliding_window import Backoff, LimitRule, PauseRule, SlidingWindowLimiter
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.dynamodb.database import Database
from chalicelib.shared.clock import FixedClock, utc_now
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import Limit
from tests.engines import REGION, USE_FAST_PATH, Storage
from tests.integration.api.conftest import LOGIN, MONEY, passes, wait_seconds
from tests.integration.local.running_platform import free_port


def test_eleventh_request_of_a_minute_is_rejected(limiter: SlidingWindowLimiter) -> None:
    left = [admission.state.remaining for _ in range(10) if (admission := limiter.admit(MONEY, "john"))]

    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert not passes(limiter, MONEY)
    assert passes(limiter, MONEY, subject="sarah")


def test_window_starts_with_its_first_request(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    first = limiter.admit(MONEY, "john")
    clock.advance(seconds=20)
    second = limiter.admit(MONEY, "john")

    assert first is not None
    assert second is not None
    assert (first.state.reset_seconds, second.state.reset_seconds) == (60, 40)


def test_capacity_returns_after_a_minute(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    assert passes(limiter, MONEY)
    clock.advance(seconds=30)
    assert [passes(limiter, MONEY) for _ in range(10)] == [True] * 9 + [False]
    assert wait_seconds(limiter, MONEY) == 30

    clock.advance(seconds=29, milliseconds=999)
    assert wait_seconds(limiter, MONEY) == 1

    clock.advance(milliseconds=1)
    assert [passes(limiter, MONEY), passes(limiter, MONEY)] == [True, False]


def test_rejected_requests_do_not_extend_the_wait(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    for _ in range(10):
        passes(limiter, MONEY)
    for _ in range(59):
        clock.advance(seconds=1)
        assert not passes(limiter, MONEY)

    clock.advance(seconds=1)

    assert passes(limiter, MONEY)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(0, 30_000), min_size=15, max_size=40), requests=st.integers(1, 4))
def test_no_minute_exceeds_the_limit(database: Database, steps: list[int], requests: int) -> None:
    clock = FixedClock(utc_now())
    limiter = SlidingWindowLimiter(database, clock)
    rule, subject = LimitRule("span", Limit(requests, 60)), f"{id(steps)}-{clock()}"
    accepted = []
    for step in steps:
        clock.advance(milliseconds=step)
        if passes(limiter, rule, subject=subject):
            accepted.append(clock())

    spans = zip(accepted, accepted[requests:], strict=False)
    assert all(later - earlier >= timedelta(seconds=60) for earlier, later in spans)


def test_exactly_ten_concurrent_requests_pass(limiter: SlidingWindowLimiter) -> None:
    with ThreadPoolExecutor(32) as pool:
        came = list(pool.map(lambda _: passes(limiter, MONEY), range(64)))

    assert came.count(True) == 10


def test_different_clocks_do_not_raise_the_limit(database: Database, clock: FixedClock) -> None:
    slow, fast = SlidingWindowLimiter(database, clock), SlidingWindowLimiter(database, FixedClock(clock()))
    clock.advance(seconds=2)

    assert sum(passes(limiter, MONEY) for limiter in (slow, fast) * 20) == 10


def test_large_limit_is_never_exceeded(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    rule = LimitRule("large", Limit(250, 60))
    passed = 0
    for _ in range(60):
        passed += sum(passes(limiter, rule) for _ in range(6))
        clock.advance(seconds=1)

    assert 240 <= passed <= 250


def test_limit_of_one_admits_one(limiter: SlidingWindowLimiter) -> None:
    rule = LimitRule("once", Limit(1, 60))

    assert [passes(limiter, rule), passes(limiter, rule)] == [True, False]


def test_disabled_limit_costs_nothing(limiter: SlidingWindowLimiter, tables: Storage) -> None:
    off = LimitRule("money", Limit(0, 1), Backoff(tolerated=1))

    with record_consumed_capacity() as meter:
        admission = limiter.admit(off, "john")
        limiter.record_failure(off, "john")
        limiter.forget_failures(off, "john", admission)

    assert (admission, meter.round_trips) == (None, 0)


def test_request_costs_one_trip_and_one_unit(limiter: SlidingWindowLimiter) -> None:
    with record_consumed_capacity() as meter:
        for _ in range(11):
            passes(limiter, MONEY)

    assert (meter.round_trips, meter.read_units) == (11, 0.0)
    assert meter.write_units <= 11.0


def test_items_expire_after_their_window(limiter: SlidingWindowLimiter, tables: Storage, clock: FixedClock) -> None:
    limiter.admit(MONEY, "john")
    limiter.admit(LOGIN, "john")

    expiry = {
        item["pk"]["S"]: int(item["expires_at"]["N"]) - clock().timestamp() for item in tables.items("operations")
    }

    assert expiry == {"LIMIT#money#john": 120, "LIMIT#login#john": 3660}


def test_unreachable_database_rejects_requests(monkeypatch: pytest.MonkeyPatch, clock: FixedClock) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    gone = Database(region=REGION, table_prefix="gone-", use_fast_path=USE_FAST_PATH)

    limiter = SlidingWindowLimiter(gone, clock)
    operations = (
        lambda: limiter.admit(MONEY, "john"),
        lambda: limiter.check_failures(LOGIN, "john"),
        lambda: limiter.admit_after_pause(PauseRule("pause", first_seconds=60, next_seconds=3600), "john"),
        lambda: limiter.record_failure(LOGIN, "john"),
    )

    for operation in operations:
        with record_consumed_capacity() as meter, pytest.raises(Unavailable):
            operation()

        assert meter.round_trips >= 1


def test_missing_table_rejects_requests(tables: Storage, clock: FixedClock) -> None:
    limiter = SlidingWindowLimiter(Database(region=REGION, table_prefix="no-such-", use_fast_path=USE_FAST_PATH), clock)

    with pytest.raises(Unavailable):
        limiter.admit(MONEY, "john")


@pytest.fixture
def lost_responses(database: Database) -> Iterator[Callable[[], int]]:
    """Lose every response after its write; count them."""
    lost = 0
    client: Any = database.client

    def lose(request: Any, **_: Any) -> None:
        nonlocal lost
        lost += 1
        client._endpoint.http_session.send(request)
        raise ConnectionClosedError(endpoint_url="http://127.0.0.1")

    client.meta.events.register("before-send.dynamodb", lose)
    yield lambda: lost
    client.meta.events.unregister("before-send.dynamodb", lose)


def test_lost_response_is_not_counted_twice(
    limiter: SlidingWindowLimiter, lost_responses: Callable[[], int], tables: Storage
) -> None:
    with pytest.raises(Unavailable):
        limiter.admit(MONEY, "john")

    item = tables.items("operations")[0]
    assert lost_responses() == 1
    assert item["t1"]["N"] == "0"
