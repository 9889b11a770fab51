"""Walking back through what is kept day by day, a bounded number of days at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayPage(Generic[T]):
    """What was found, newest first, and the next day to read: None where the first day has been read."""

    items: tuple[T, ...]
    unread: date | None


def page_backwards(
    read_day: Callable[[date], Iterable[T]], *, newest: date, oldest: date, enough: int, most_days: int
) -> DayPage[T]:
    """Read days from ``newest`` back to ``oldest`` until there are enough items or ``most_days`` were read."""
    items: list[T] = []
    day = newest
    for _ in range(most_days):
        if day < oldest or len(items) >= enough:
            break
        items += read_day(day)
        day -= _A_DAY
    return DayPage(tuple(items), day if day >= oldest else None)
