"""Time and chance of a simulation: pauses pass at once, deadlines see them, and a seed decides every draw."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest import mock

from botocore.useragent import UserAgentString

_WAITING: Final = (
    "botocore.endpoint.time",
    "chalicelib.dynamodb.database.time",
    "chalicelib.dynamodb.retry.time",
    "chalicelib.dynamodb.transaction.time",
    "chalicelib.jobs.deadline.time",
)


class VirtualTime:
    """Stands in for the module ``time`` where code waits: sleeping moves the hand and takes no time."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._seconds += max(0.0, seconds)

    def monotonic(self) -> float:
        """Seconds that were slept, and a little for every look at the clock."""
        self._seconds += 0.001
        return self._seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


@contextmanager
def simulated_time() -> Iterator[VirtualTime]:
    """Put virtual time in the place of the real one wherever the platform or the SDK pauses.

    The SDK's budget of retries, which refills with real time, is never used up. What it says of itself in every
    request is composed once.
    """
    virtual = VirtualTime()
    with ExitStack() as patches:
        for name in _WAITING:
            patches.enter_context(mock.patch(name, virtual))
        patches.enter_context(mock.patch("botocore.retries.quota.RetryQuota.acquire", return_value=True))
        patches.enter_context(mock.patch.object(UserAgentString, "to_string", return_value="simulation"))
        yield virtual


@contextmanager
def seeded(seed: int) -> Iterator[random.Random]:
    """Draw ids and jitter from a seed."""
    chance = random.Random(seed)
    with (
        mock.patch.object(secrets, "randbits", chance.getrandbits),
        mock.patch.object(random, "uniform", chance.uniform),
    ):
        yield chance


class AtOnce:
    """Stands in for a pool of threads: work is done when it is given, one piece after the other."""

    def __init__(self, _: int) -> None:
        pass

    def __enter__(self) -> AtOnce:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, work: Callable[..., Any], *given: Any) -> Future[Any]:
        """Do it."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*given))
        except Exception as failure:  # noqa: BLE001 - it is raised where the result is asked for
            done.set_exception(failure)
        return done
