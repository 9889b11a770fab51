"""Let requests that change something wait until the clock has advanced."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Final

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ALWAYS_OPEN: Final = frozenset(
    {
        "/api/users/login",
        "/api/users/token/refresh",
        "/api/users/logout",
        "/api/loans/quote",
        "/api/sandbox/clock/advance",
    }
)
"""Sign-in follows the real time, a quote stores nothing, and a second advance has a response of its own."""


class WriteBarrier:
    """Counts running requests that change something, and admits no more of them while it is closed.

    Args:
        is_closed: whether the clock is advancing.
    """

    def __init__(self, is_closed: Callable[[], bool]) -> None:
        self._is_closed = is_closed
        self._changed = threading.Condition()
        self._running = 0

    @contextlib.contextmanager
    def admitted(self, method: str, resource: str) -> Iterator[bool]:
        """Yield whether a request to a declared resource may run, and count it until the context ends."""
        if method in _READING or resource in _ALWAYS_OPEN:
            yield True
            return
        with self._changed:
            is_admitted = not self._is_closed()
            self._running += is_admitted
        try:
            yield is_admitted
        finally:
            with self._changed:
                self._running -= is_admitted
                self._changed.notify_all()

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until no request is running; return False if some still are after this time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, seconds)
