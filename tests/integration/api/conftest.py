"""Sliding windows on a real database: two rules, and a limiter whose time a test moves."""

import pytest

from chalicelib.api.rate_limiting.fixed_window import LimitExceeded
from chalicelib.api.rate_limiting.sliding_window import Backoff, LimitRule, SlidingWindowLimiter
from chalicelib.dynamodb.database import Database
from chalicelib.shared.clock import FixedClock
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
    return SlidingWindowLimiter(database, clock)


def passes(limiter: SlidingWindowLimiter, rule: LimitRule, *, subject: str = "john") -> bool:
    """Send a request; return True if it was admitted."""
    try:
        limiter.admit(rule, subject)
    except LimitExceeded:
        return False
    return True


def wait_seconds(limiter: SlidingWindowLimiter, rule: LimitRule) -> int:
    """Send a request that is rejected; return its ``Retry-After``."""
    with pytest.raises(LimitExceeded) as error:
        limiter.admit(rule, "john")
    return error.value.retry_after_seconds
