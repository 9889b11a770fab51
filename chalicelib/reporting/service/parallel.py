"""Run reads concurrently."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

SEGMENTS: Final = 4
"""Segments of a parallel scan, and threads that read them."""


def run_concurrently(function: Callable[[T], R], arguments: Iterable[T]) -> list[R]:
    """Call a function with several arguments in threads, each in a copy of this context, whose capacity they use."""
    with ThreadPoolExecutor(SEGMENTS) as pool:
        futures = [pool.submit(copy_context().run, function, argument) for argument in arguments]
        return [future.result() for future in futures]
