"""Answers that count how often they are built, and a time that a test moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from chalicelib.cache.service import Cache


class SteppedTime:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self._now = time.time()

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds


class Answer:
    """Builds `answer 1`, `answer 2`, … ; ``meanwhile`` happens during each building."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.built = 0
        self._meanwhile = meanwhile
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.built += 1
            text = f"answer {self.built}"
        self._meanwhile()
        return text


def shown(cache: Cache, answer: Callable[[], str], *, seconds: int = 30) -> str:
    """A cached answer about john's wallet."""
    return cache.read("wallet:john", "view", answer, seconds=seconds)


def listed(cache: Cache, answer: Callable[[], str], *, seconds: int = 30) -> str:
    """A cached page that is read from an index."""
    return cache.read("available", "20:None", answer, seconds=seconds, from_index=True)
