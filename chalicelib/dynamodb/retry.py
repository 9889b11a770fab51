"""Retries: pauses with full jitter, repetition after lost races, and consistent reads where a cheap read misled."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.shared.errors import AppError, Unavailable

T = TypeVar("T")

RETRY_DEADLINE_SECONDS: Final = 5.0
_FIRST_DELAY_SECONDS: Final = 0.02
_LONGEST_DELAY_SECONDS: Final = 0.4


def backoff_delays() -> Iterator[float]:
    """Yield delays in seconds without end: exponential, with full jitter."""
    longest = _FIRST_DELAY_SECONDS
    while True:
        yield random.uniform(0, longest)
        longest = min(longest * 2, _LONGEST_DELAY_SECONDS)


def retry_on_conflict(decide: Callable[[], T], *, deadline_seconds: float = RETRY_DEADLINE_SECONDS) -> T:
    """Repeat read, decide and write until no other writer comes in between, pausing with full jitter.

    Raises:
        Unavailable: other writers came first until the deadline.
    """
    give_up_at = time.monotonic() + deadline_seconds
    for delay in backoff_delays():
        try:
            return decide()
        except OptimisticLockError as conflict:
            if time.monotonic() + delay > give_up_at:
                raise Unavailable from conflict
            time.sleep(delay)
    raise AssertionError("the delays never end")


def with_consistent_read_fallback(decide: Callable[[bool], T]) -> T:
    """Decide on an eventually consistent read; after an error or a lost race decide on consistent reads.

    A success needs no second read: the conditions of its transaction hold at the moment of the write.

    Args:
        decide: takes whether to read consistently.

    Raises:
        AppError: raised by ``decide`` on a consistent read.
        Unavailable: other writers came first until the deadline.
    """
    try:
        return decide(False)
    except (AppError, OptimisticLockError):
        return retry_on_conflict(lambda: decide(True))
