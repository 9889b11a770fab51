"""Cheap limits, names of callers that reveal nobody, and the fields that tell a client what is left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.rate_limiting.fixed_window import (
    FixedWindowLimiter,
    IdentifierHasher,
    InProcessCounter,
    LimitExceeded,
    RateLimitState,
    WindowCount,
    network_of,
)
from chalicelib.api.rate_limiting.sliding_window import MOST_MOMENTS, Backoff, LimitRule
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import Limit

HOURLY = Limit(3, 3600)


class Seconds:
    """A clock of seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class NoCounter:
    """A counter whose server is gone."""

    def count(self, key: str, window_seconds: int) -> WindowCount:
        raise Unavailable


def test_a_full_window_refuses_until_it_ends() -> None:
    seconds = Seconds()
    limiter = FixedWindowLimiter(InProcessCounter(seconds))
    left = [quota.remaining for _ in range(3) if (quota := limiter.admit("user", HOURLY, "john"))]

    seconds.now += 3599.5
    with pytest.raises(LimitExceeded) as refusal:
        limiter.admit("user", HOURLY, "john")
    seconds.now += 0.5
    again = limiter.admit("user", HOURLY, "john")

    assert left == [2, 1, 0]
    assert refusal.value.retry_after_seconds == 1
    assert again == RateLimitState("user", HOURLY, 2, 3600)


def test_each_subject_has_a_window_of_its_own() -> None:
    limiter = FixedWindowLimiter(InProcessCounter(Seconds()))
    for _ in range(3):
        limiter.admit("user", HOURLY, "john")

    assert limiter.admit("user", HOURLY, "sarah") is not None
    assert limiter.admit("anon", HOURLY, "john") is not None


def test_threads_count_every_request() -> None:
    counter = InProcessCounter(Seconds())

    with ThreadPoolExecutor(8) as pool:
        seen = [counted.requests for counted in pool.map(lambda _: counter.count("john", 60), range(800))]

    assert sorted(seen) == list(range(1, 801))


def test_without_a_counter_requests_pass() -> None:
    assert FixedWindowLimiter(NoCounter()).admit("user", HOURLY, "john") is None


def test_a_limit_that_is_off_counts_nothing() -> None:
    assert FixedWindowLimiter(NoCounter()).admit("user", Limit(0, 1), "john") is None


def test_the_memory_of_counters_is_bounded_and_forgets_the_oldest() -> None:
    counter = InProcessCounter(Seconds(), most=100)

    for number in range(1000):
        counter.count(str(number), 60)

    assert counter.count("999", 60).requests == 2
    assert counter.count("0", 60).requests == 1


def test_the_fields_tell_limit_and_rest() -> None:
    assert RateLimitState("money", Limit(10, 60), 9, 60).headers() == {
        "RateLimit-Policy": '"money";q=10;w=60',
        "RateLimit": '"money";r=9;t=60',
    }


def test_a_refusal_says_when_to_come_back() -> None:
    refusal = LimitExceeded(RateLimitState("money", Limit(10, 60), 0, 42))

    assert (refusal.code, refusal.retry_after_seconds) == ("too_many_requests", 42)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one_caller(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_pseudonym_shows_nobody_and_needs_the_key() -> None:
    ours, theirs = IdentifierHasher(lambda: (b"k" * 32,)), IdentifierHasher(lambda: (b"x" * 32,))

    assert ours.of_address("203.0.113.7") == ours.of_address("::ffff:203.0.113.7")
    assert "203" not in ours.of_address("203.0.113.7")
    assert ours.of_address("203.0.113.7") != theirs.of_address("203.0.113.7")


@given(st.integers(1, 100_000), st.integers(1, 86_400))
def test_a_large_limit_is_kept_in_parts_that_never_add_up_to_more(requests: int, seconds: int) -> None:
    rule = LimitRule("money", Limit(requests, seconds))
    parts = -(-seconds * 1000 // rule.window_millis)

    assert 1 <= rule.moments <= MOST_MOMENTS
    assert parts * rule.moments <= requests


def test_an_ordinary_limit_is_kept_as_it_is() -> None:
    rule = LimitRule("money", Limit(10, 60))

    assert (rule.moments, rule.window_millis) == (10, 60_000)


def test_each_failure_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    slowdown = Backoff(tolerated=5)

    waits = [slowdown.wait_after(failures) for failures in range(12)]

    assert waits == [0, 0, 0, 0, 0, 60, 120, 240, 480, 900, 900, 900]
