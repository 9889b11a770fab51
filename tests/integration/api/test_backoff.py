"""Failures slow a subject down; a pause admits one request after another."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.api.rate_limiting.fixed_window import LimitExceeded
from chalicelib.api.rate_limiting.sliding_window import PauseRule, SlidingWindowLimiter
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.shared.clock import FixedClock
from tests.engines import Storage
from tests.integration.api.conftest import LOGIN, passes, wait_seconds

PAUSE = PauseRule("pause", first_seconds=60, next_seconds=3600)


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


def test_failures_are_forgotten_on_request(limiter: SlidingWindowLimiter) -> None:
    fail(limiter, 4)
    limiter.forget_failures(LOGIN, "john", limiter.admit(LOGIN, "john"))

    fail(limiter, 4)

    assert passes(limiter, LOGIN)


def test_nothing_to_forget_writes_nothing(limiter: SlidingWindowLimiter) -> None:
    admitted = limiter.admit(LOGIN, "john")

    with record_consumed_capacity() as meter:
        limiter.forget_failures(LOGIN, "john", admitted)

    assert meter.round_trips == 0


@pytest.mark.parametrize(("failures", "wait"), [(5, 60), (9, 900)])
def test_check_of_failures_counts_no_request(
    limiter: SlidingWindowLimiter, clock: FixedClock, failures: int, wait: int
) -> None:
    assert limiter.check_failures(LOGIN, "john") == 0
    fail(limiter, failures)

    with pytest.raises(LimitExceeded) as error:
        limiter.check_failures(LOGIN, "john")

    assert error.value.retry_after_seconds == wait
    clock.advance(seconds=wait)
    assert [limiter.check_failures(LOGIN, "john") for _ in range(7)] == [failures] * 7


def test_undone_request_is_not_counted(limiter: SlidingWindowLimiter) -> None:
    for _ in range(9):
        admitted = limiter.admit(LOGIN, "john")
        assert admitted is not None
        limiter.undo_admission(LOGIN, "john", admitted)

    assert [passes(limiter, LOGIN) for _ in range(6)] == [True] * 5 + [False]


def test_only_the_newest_request_is_undone(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    first = limiter.admit(LOGIN, "john")
    clock.advance(seconds=1)
    assert passes(limiter, LOGIN)

    assert first is not None
    limiter.undo_admission(LOGIN, "john", first)

    assert [passes(limiter, LOGIN) for _ in range(4)] == [True] * 3 + [False]


def pause_seconds(limiter: SlidingWindowLimiter) -> int:
    """Send a request that has to pause; return the seconds, or 0 if it was admitted."""
    try:
        limiter.admit_after_pause(PAUSE, "john")
    except LimitExceeded as error:
        return error.retry_after_seconds
    return 0


def test_first_request_starts_a_pause_that_others_do_not_prolong(
    limiter: SlidingWindowLimiter, clock: FixedClock
) -> None:
    waits = []
    for _ in range(3):
        waits.append(pause_seconds(limiter))
        clock.advance(seconds=20)

    assert waits == [60, 40, 20]
    assert [pause_seconds(limiter), pause_seconds(limiter)] == [0, 3600]


def test_pause_ends_after_an_hour_without_requests(limiter: SlidingWindowLimiter, clock: FixedClock) -> None:
    pause_seconds(limiter)
    clock.advance(seconds=3661)

    assert pause_seconds(limiter) == 60


def test_one_of_many_concurrent_requests_passes_after_the_pause(
    limiter: SlidingWindowLimiter, clock: FixedClock
) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: pause_seconds(limiter), range(16))) == {60}
        clock.advance(seconds=60)
        waits = list(pool.map(lambda _: pause_seconds(limiter), range(16)))

    assert sorted(waits) == [0] + [3600] * 15
