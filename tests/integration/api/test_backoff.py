"""Failures slow a subject down, and never keep its owner out for good."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.api.rate_limiting.sliding_window import SlidingWindowLimiter
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.shared.clock import FixedClock
from tests.engines import Storage
from tests.integration.api.conftest import LOGIN, passes, wait_seconds


def fail(limiter: SlidingWindowLimiter, times: int) -> None:
    for _ in range(times):
        limiter.record_failure(LOGIN, "john")


def test_first_failures_cause_no_wait(limiter: SlidingWindowLimiter) -> None:
    fail(limiter, 4)

    assert passes(limiter, LOGIN)


@pytest.mark.parametrize(("failures", "wait"), [(5, 60), (6, 120), (7, 240), (8, 480), (9, 900), (20, 900)])
def test_each_later_failure_doubles_the_wait(
    limiter: SlidingWindowLimiter, clock: FixedClock, failures: int, wait: int
) -> None:
    fail(limiter, failures)
    assert wait_seconds(limiter, LOGIN) == wait

    clock.advance(seconds=wait, milliseconds=-1)
    assert not passes(limiter, LOGIN)

    clock.advance(milliseconds=1)
    assert passes(limiter, LOGIN)


def test_concurrent_failures_are_all_counted(limiter: SlidingWindowLimiter, tables: Storage) -> None:
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: limiter.record_failure(LOGIN, "john"), range(5)))

    assert [item["failures"]["N"] for item in tables.items("operations")] == ["5"]


def test_quiet_hour_resets_the_failures(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    fail(limiter, 9)
    clock.advance(hours=1)

    fail(limiter, 1)

    assert passes(limiter, LOGIN)


def test_success_resets_the_failures(limiter: SlidingWindowLimiter) -> None:
    fail(limiter, 4)
    limiter.record_success(LOGIN, "john", limiter.admit(LOGIN, "john"))

    fail(limiter, 4)

    assert passes(limiter, LOGIN)


def test_repeated_success_writes_nothing(limiter: SlidingWindowLimiter) -> None:
    limiter.record_success(LOGIN, "john", limiter.admit(LOGIN, "john", trusted="home"), trusted="home")

    admission = limiter.admit(LOGIN, "john", trusted="home")
    with record_consumed_capacity() as meter:
        limiter.record_success(LOGIN, "john", admission, trusted="home")

    assert meter.round_trips == 0


def test_strangers_cannot_lock_the_owner_out(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    limiter.record_success(LOGIN, "john", limiter.admit(LOGIN, "john", trusted="home"), trusted="home")
    fail(limiter, 20)
    assert not passes(limiter, LOGIN, trusted="elsewhere")

    assert passes(limiter, LOGIN, trusted="home")
    clock.advance(minutes=15)
    assert passes(limiter, LOGIN, trusted="elsewhere")


def test_only_the_last_five_places_are_trusted(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    for number in range(7):
        clock.advance(minutes=1)
        place = f"place {number}"
        limiter.record_success(LOGIN, "john", limiter.admit(LOGIN, "john", trusted=place), trusted=place)
    fail(limiter, 9)

    assert [passes(limiter, LOGIN, trusted=f"place {number}") for number in range(7)] == [False] * 2 + [True] * 5
