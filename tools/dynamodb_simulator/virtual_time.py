"""Time and randomness of a simulation: pauses take no time, deadlines count them, and a seed decides every draw."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest import mock

from botocore.useragent import UserAgentString

_SDK: Final = "botocore.endpoint.time"


class VirtualTime:
    """Replaces the module ``time`` where code waits: sleeping advances this clock and takes no time."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def sleep(self, seconds: float) -> None:
        """Advance the clock."""
        self._seconds += max(0.0, seconds)

    def monotonic(self) -> float:
        """Return the seconds slept, plus a millisecond for every call."""
        self._seconds += 0.001
        return self._seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


@contextmanager
def simulated_time(*modules: str) -> Iterator[VirtualTime]:
    """Replace real time by virtual time in the SDK and in ``modules``, so that pauses take no time.

    The SDK's retry quota, which refills with real time, is never used up, and its user agent is built once.

    Args:
        modules: dotted names of references to the module ``time``, such as ``my_package.retries.time``.
    """
    virtual = VirtualTime()
    with ExitStack() as patches:
        for name in (_SDK, *modules):
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


class ImmediateExecutor:
    """Replaces a thread pool: every function runs when it is submitted."""

    def __init__(self, _: int) -> None:
        pass

    def __enter__(self) -> ImmediateExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run a function."""
        done: Future[Any] = Future()
        try:
            done.set_result(function(*arguments))
        except Exception as failure:  # noqa: BLE001 - raised when the result is read
            done.set_exception(failure)
        return done

    def map(self, function: Callable[..., Any], *arguments: Iterable[Any]) -> Iterator[Any]:
        """Run a function for each set of arguments."""
        return iter([function(*each) for each in zip(*arguments, strict=True)])
