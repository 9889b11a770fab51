"""Failures slow a subject down, and never keep its owner out for good."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.api.rate_limiting.fixed_window import LimitExceeded
from chalicelib.api.rate_limiting.sliding_window import Backoff, LimitRule, SlidingWindowLimiter
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.dynamodb.database import Database
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Limit
from tests.engines import REGION, USE_FAST_PATH, Storage

LOGIN = LimitRule("login", Limit(5, 60), Backoff(tolerated=5))


@pytest.fixture
def limiter(tables: Storage, clock: FixedClock) -> SlidingWindowLimiter:
    """A limiter whose time a test moves."""
    return SlidingWindowLimiter(Database(region=REGION, table_prefix=tables.prefix, use_fast_path=USE_FAST_PATH), clock)


def passes(limiter: SlidingWindowLimiter, *, trusted: str | None = None) -> bool:
    """Whether an attempt is let in."""
    try:
        limiter.admit(LOGIN, "john", trusted=trusted)
    except LimitExceeded:
        return False
    return True


def wait_seconds(limiter: SlidingWindowLimiter) -> int:
    """What a refused caller is told."""
    with pytest.raises(LimitExceeded) as refusal:
        limiter.admit(LOGIN, "john")
    return refusal.value.retry_after_seconds


def fail(limiter: SlidingWindowLimiter, times: int) -> None:
    """Give a wrong secret so many times."""
    for _ in range(times):
        limiter.record_failure(LOGIN, "john")


def test_the_first_failures_are_free(limiter: SlidingWindowLimiter) -> None:
    fail(limiter, 4)

    assert passes(limiter)


@pytest.mark.parametrize(("failures", "wait"), [(5, 60), (6, 120), (7, 240), (8, 480), (9, 900), (20, 900)])
def test_each_failure_after_them_doubles_the_wait(
    limiter: SlidingWindowLimiter, clock: FixedClock, failures: int, wait: int
) -> None:
    fail(limiter, failures)
    assert wait_seconds(limiter) == wait

    clock.advance(seconds=wait, milliseconds=-1)
    assert not passes(limiter)

    clock.advance(milliseconds=1)
    assert passes(limiter)


def test_failures_at_once_are_all_counted(limiter: SlidingWindowLimiter, tables: Storage) -> None:
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: limiter.record_failure(LOGIN, "john"), range(5)))

    assert [item["failures"]["N"] for item in tables.items("operations")] == ["5"]


def test_a_failure_after_a_quiet_hour_is_a_first_one(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    fail(limiter, 9)
    clock.advance(hours=1)

    fail(limiter, 1)

    assert passes(limiter)


def test_a_success_forgets_the_failures(limiter: SlidingWindowLimiter) -> None:
    fail(limiter, 4)
    limiter.record_success(LOGIN, "john", limiter.admit(LOGIN, "john"))

    fail(limiter, 4)

    assert passes(limiter)


def test_a_success_that_changes_nothing_writes_nothing(limiter: SlidingWindowLimiter) -> None:
    limiter.record_success(LOGIN, "john", limiter.admit(LOGIN, "john", trusted="home"), trusted="home")

    admission = limiter.admit(LOGIN, "john", trusted="home")
    with record_consumed_capacity() as meter:
        limiter.record_success(LOGIN, "john", admission, trusted="home")

    assert meter.round_trips == 0


def test_strangers_cannot_keep_the_owner_out(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    limiter.record_success(LOGIN, "john", limiter.admit(LOGIN, "john", trusted="home"), trusted="home")
    fail(limiter, 20)
    assert not passes(limiter, trusted="elsewhere")

    assert passes(limiter, trusted="home")
    clock.advance(minutes=15)
    assert passes(limiter, trusted="elsewhere")


def test_only_the_last_places_of_success_are_trusted(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    for number in range(7):
        clock.advance(minutes=1)
        place = f"place {number}"
        limiter.record_success(LOGIN, "john", limiter.admit(LOGIN, "john", trusted=place), trusted=place)
    fail(limiter, 9)

    assert [passes(limiter, trusted=f"place {number}") for number in range(7)] == [False] * 2 + [True] * 5
