"""Builders of cached texts that count their calls, and a time that a test moves."""

import threading
import time
from collections.abc import Callable

from chalicelib.cache.service import Cache


class ManualTime:
    """Seconds since 1970 that pass only by ``advance``."""

    def __init__(self) -> None:
        self._now = time.time()

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


class TextBuilder:
    """Build `text 1`, `text 2`, …; ``meanwhile`` runs during each build."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.built = 0
        self._meanwhile = meanwhile
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.built += 1
            text = f"text {self.built}"
        self._meanwhile()
        return text


def read_wallet(cache: Cache, build: Callable[[], str], *, seconds: int = 30) -> str:
    """Read john's wallet through the cache."""
    return cache.read("wallet:john", "view", build, seconds=seconds)


def read_page(cache: Cache, build: Callable[[], str], *, seconds: int = 30) -> str:
    """Read a page of an index through the cache."""
    return cache.read("available", "20:None", build, seconds=seconds, from_index=True)
