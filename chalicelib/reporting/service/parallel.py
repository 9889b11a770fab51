"""Several reads at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

SEGMENTS: Final = 4
"""Parts that a table is read in, and threads that read them."""


def run_concurrently(work: Callable[[T], R], given: Iterable[T]) -> list[R]:
    """Do work on several things at once; each runs in a copy of this context, so the request's meter counts it."""
    with ThreadPoolExecutor(SEGMENTS) as pool:
        waiting = [pool.submit(copy_context().run, work, each) for each in given]
        return [each.result() for each in waiting]
