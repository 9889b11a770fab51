"""Fixed windows, hashed client addresses, rate limit headers and sign-in back-off."""

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
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class NoCounter:
    def count(self, key: str, window_seconds: int) -> WindowCount:
        raise Unavailable


def test_full_window_rejects_until_it_ends() -> None:
    seconds = Seconds()
    limiter = FixedWindowLimiter(InProcessCounter(seconds))
    left = [state.remaining for _ in range(3) if (state := limiter.admit("user", HOURLY, "john"))]

    seconds.now += 3599.5
    with pytest.raises(LimitExceeded) as refusal:
        limiter.admit("user", HOURLY, "john")
    seconds.now += 0.5
    again = limiter.admit("user", HOURLY, "john")

    assert left == [2, 1, 0]
    assert refusal.value.retry_after_seconds == 1
    assert again == RateLimitState("user", HOURLY, 2, 3600)


def test_each_subject_has_its_own_window() -> None:
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


@pytest.mark.parametrize("limit", [HOURLY, Limit(0, 1)])
def test_missing_counter_or_limit_admits_requests(limit: Limit) -> None:
    assert FixedWindowLimiter(NoCounter()).admit("user", limit, "john") is None


def test_oldest_counters_are_evicted() -> None:
    counter = InProcessCounter(Seconds(), most=100)

    for number in range(1000):
        counter.count(str(number), 60)

    assert counter.count("999", 60).requests == 2
    assert counter.count("0", 60).requests == 1


def test_headers_contain_limit_and_remaining_requests() -> None:
    assert RateLimitState("money", Limit(10, 60), 9, 60).headers() == {
        "RateLimit-Policy": '"money";q=10;w=60',
        "RateLimit": '"money";r=9;t=60',
    }


def test_rejection_says_when_to_retry() -> None:
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
def test_ipv6_network_counts_as_one_client(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::1", "::/48"),
        ("no address", "no address"),
    ],
)
def test_networks_have_the_given_width(address: str, network: str) -> None:
    assert network_of(address, ipv4_bits=24, ipv6_bits=48) == network


def test_hashed_address_is_secret_and_keyed() -> None:
    ours, theirs = IdentifierHasher(lambda: (b"k" * 32,)), IdentifierHasher(lambda: (b"x" * 32,))

    assert ours.of_address("203.0.113.7") == ours.of_address("::ffff:203.0.113.7")
    assert "203" not in ours.of_address("203.0.113.7")
    assert ours.of_address("203.0.113.7") != theirs.of_address("203.0.113.7")


@given(st.integers(1, 100_000), st.integers(1, 86_400))
def test_parts_of_a_large_limit_never_exceed_it(requests: int, seconds: int) -> None:
    rule = LimitRule("money", Limit(requests, seconds))
    parts = -(-seconds * 1000 // rule.window_millis)

    assert 1 <= rule.moments <= MOST_MOMENTS
    assert parts * rule.moments <= requests


def test_ordinary_limit_has_one_window() -> None:
    rule = LimitRule("money", Limit(10, 60))

    assert (rule.moments, rule.window_millis) == (10, 60_000)


def test_failures_double_the_wait_to_fifteen_minutes() -> None:
    backoff = Backoff(tolerated=5)

    waits = [backoff.wait_after(failures) for failures in range(12)]

    assert waits == [0, 0, 0, 0, 0, 60, 120, 240, 480, 900, 900, 900]
