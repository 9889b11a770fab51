"""The current speed of the machine; under load, the same work takes up to three times as long.

Reference work runs before and after each request. A request's *steady* time is its processor time, scaled to a
machine on which the reference work takes as long as on an idle core.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

T = TypeVar("T")

QUIET_US: Final = 155
"""Processor time of the reference work on the machine of docs/performance.md while it was idle, in µs."""
_TIMES: Final = 300
_DOCUMENT: Final = {"items": [{"id": number, "text": "x" * 20, "rate": number / 7} for number in range(100)]}


@dataclass(frozen=True, slots=True)
class Spent:
    """Time of one piece of work in nanoseconds: processor time, steadied processor time, and total time."""

    cpu_ns: int
    steady_ns: float
    wall_ns: int


def spent(work: Callable[[], T]) -> tuple[T, Spent]:
    """The result of a piece of work and its time in this process, including all threads and the kernel."""
    before = _reference_ns()
    began, begun_at = time.process_time_ns(), time.perf_counter_ns()
    found = work()
    took, wall = time.process_time_ns() - began, time.perf_counter_ns() - begun_at
    around = (before + _reference_ns()) / 2
    return found, Spent(took, took * QUIET_US * 1000 / around, wall)


def pace_us(times: int = _TIMES) -> float:
    """Processor time of the reference work in microseconds: it grows with the load of the machine."""
    return statistics.median(_reference_ns() for _ in range(times)) / 1000


def steadying(work: Callable[[], T], times: int = 50) -> tuple[T, float]:
    """The result of work that measures itself in another process, and the factor that steadies its measurement."""
    before = pace_us(times)
    found = work()
    return found, 2 * QUIET_US / (before + pace_us(times))


def _reference_ns() -> int:
    began = time.thread_time_ns()
    json.loads(json.dumps(_DOCUMENT))
    return time.thread_time_ns() - began
