"""Strict limits on a real engine: exact under races, kept shut when nobody can count."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.api.rate_limiting.fixed_window import LimitExceeded
from chalicelib.api.rate_limiting.sliding_window import Backoff, LimitRule, SlidingWindowLimiter
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.dynamodb.database import Database
from chalicelib.shared.clock import FixedClock, utc_now
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import Limit
from tests.engines import REGION, USE_FAST_PATH, Storage

MONEY = LimitRule("money", Limit(10, 60))
LOGIN = LimitRule("login", Limit(5, 60), Backoff(tolerated=5))


@pytest.fixture
def database(tables: Storage) -> Database:
    """A connection to the empty tables."""
    return Database(region=REGION, table_prefix=tables.prefix, use_fast_path=USE_FAST_PATH)


@pytest.fixture
def limiter(database: Database, clock: FixedClock) -> SlidingWindowLimiter:
    """A limiter whose time a test moves."""
    return SlidingWindowLimiter(database, clock)


def passes(
    limiter: SlidingWindowLimiter, rule: LimitRule = MONEY, *, subject: str = "john", trusted: str | None = None
) -> bool:
    """Whether a request is let in."""
    try:
        limiter.admit(rule, subject, trusted=trusted)
    except LimitExceeded:
        return False
    return True


def wait_seconds(limiter: SlidingWindowLimiter, rule: LimitRule = MONEY) -> int:
    """What a refused caller is told."""
    with pytest.raises(LimitExceeded) as refusal:
        limiter.admit(rule, "john")
    return refusal.value.retry_after_seconds


def test_the_eleventh_request_of_a_minute_is_refused(limiter: SlidingWindowLimiter) -> None:
    left = [admission.state.remaining for _ in range(10) if (admission := limiter.admit(MONEY, "john"))]

    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert not passes(limiter)
    assert passes(limiter, subject="sarah")


def test_a_window_starts_with_its_first_request(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    first = limiter.admit(MONEY, "john")
    clock.advance(seconds=20)
    second = limiter.admit(MONEY, "john")

    assert first is not None
    assert second is not None
    assert (first.state.reset_seconds, second.state.reset_seconds) == (60, 40)


def test_a_place_is_free_a_minute_after_it_was_taken(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    assert passes(limiter)
    clock.advance(seconds=30)
    assert [passes(limiter) for _ in range(10)] == [True] * 9 + [False]
    assert wait_seconds(limiter) == 30

    clock.advance(seconds=29, milliseconds=999)
    assert wait_seconds(limiter) == 1

    clock.advance(milliseconds=1)
    assert [passes(limiter), passes(limiter)] == [True, False]


def test_refused_requests_do_not_keep_the_door_shut(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    for _ in range(10):
        passes(limiter)
    for _ in range(59):
        clock.advance(seconds=1)
        assert not passes(limiter)

    clock.advance(seconds=1)

    assert passes(limiter)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(0, 30_000), min_size=15, max_size=40), requests=st.integers(1, 4))
def test_no_span_of_a_minute_ever_holds_more(database: Database, steps: list[int], requests: int) -> None:
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


def test_exactly_ten_of_many_parallel_requests_pass(limiter: SlidingWindowLimiter) -> None:
    with ThreadPoolExecutor(32) as pool:
        came = list(pool.map(lambda _: passes(limiter), range(64)))

    assert came.count(True) == 10


def test_callers_whose_clocks_differ_cannot_pass_more(database: Database, clock: FixedClock) -> None:
    slow, fast = SlidingWindowLimiter(database, clock), SlidingWindowLimiter(database, FixedClock(clock()))
    clock.advance(seconds=2)

    assert sum(passes(limiter) for limiter in (slow, fast) * 20) == 10


def test_a_large_limit_is_never_passed(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    rule = LimitRule("large", Limit(250, 60))
    passed = 0
    for _ in range(60):
        passed += sum(passes(limiter, rule) for _ in range(6))
        clock.advance(seconds=1)

    assert 240 <= passed <= 250


def test_a_limit_of_one_is_one(limiter: SlidingWindowLimiter) -> None:
    rule = LimitRule("once", Limit(1, 60))

    assert [passes(limiter, rule), passes(limiter, rule)] == [True, False]


def test_a_limit_that_is_off_costs_nothing(limiter: SlidingWindowLimiter, tables: Storage) -> None:
    off = LimitRule("money", Limit(0, 1), Backoff(tolerated=1))

    with record_consumed_capacity() as meter:
        admission = limiter.admit(off, "john")
        limiter.record_failure(off, "john")
        limiter.record_success(off, "john", admission)

    assert (admission, meter.round_trips) == (None, 0)


def test_a_request_costs_one_trip_and_one_unit(limiter: SlidingWindowLimiter) -> None:
    with record_consumed_capacity() as meter:
        for _ in range(11):
            passes(limiter)

    assert (meter.round_trips, meter.read_units) == (11, 0.0)
    assert meter.write_units <= 11.0


def test_items_are_swept_when_they_are_over(limiter: SlidingWindowLimiter, tables: Storage, clock: FixedClock) -> None:
    limiter.admit(MONEY, "john")
    limiter.admit(LOGIN, "john")

    expiry = {
        item["pk"]["S"]: int(item["expires_at"]["N"]) - clock().timestamp() for item in tables.items("operations")
    }

    assert expiry == {"LIMIT#money#john": 120, "LIMIT#login#john": 30 * 86400 + 60}


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch, clock: FixedClock) -> SlidingWindowLimiter:
    """A limiter whose engine is gone."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{port}")
    return SlidingWindowLimiter(Database(region=REGION, table_prefix="gone-", use_fast_path=USE_FAST_PATH), clock)


def test_nobody_passes_where_nobody_can_count(unreachable: SlidingWindowLimiter) -> None:
    with record_consumed_capacity() as meter, pytest.raises(Unavailable):
        unreachable.admit(MONEY, "john")

    assert meter.round_trips == 1


def test_nobody_passes_where_the_table_is_missing(tables: Storage, clock: FixedClock) -> None:
    limiter = SlidingWindowLimiter(Database(region=REGION, table_prefix="no-such-", use_fast_path=USE_FAST_PATH), clock)

    with pytest.raises(Unavailable):
        limiter.admit(MONEY, "john")


@pytest.fixture
def losing_answers(database: Database) -> Iterator[Callable[[], int]]:
    """Let every answer be lost after its write was done; tells how many were."""
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


def test_a_lost_answer_is_not_counted_twice(
    limiter: SlidingWindowLimiter, losing_answers: Callable[[], int], tables: Storage
) -> None:
    with pytest.raises(Unavailable):
        limiter.admit(MONEY, "john")

    item = tables.items("operations")[0]
    assert losing_answers() == 1
    assert item["t1"]["N"] == "0"
