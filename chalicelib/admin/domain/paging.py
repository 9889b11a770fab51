"""Pages of entries by day, and of the lines of postings."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Generic, TypeVar

from chalicelib.wallets.domain.history import Entry, entries_of
from chalicelib.wallets.domain.ledger import Posting

T = TypeVar("T")

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayPage(Generic[T]):
    """Items, newest first, and the next day to read; None once the first day was read."""

    items: tuple[T, ...]
    next_day: date | None


def page_backwards(
    read_day: Callable[[date], Iterable[T]], *, newest: date, oldest: date, min_items: int, max_days: int
) -> DayPage[T]:
    """Read days from ``newest`` back to ``oldest`` until there are ``min_items`` or ``max_days`` were read."""
    items: list[T] = []
    day = newest
    for _ in range(max_days):
        if day < oldest or len(items) >= min_items:
            break
        items += read_day(day)
        day -= _ONE_DAY
    return DayPage(tuple(items), day if day >= oldest else None)


@dataclass(frozen=True, slots=True)
class LinePosition:
    """The last line of a page: its posting, and its number in that posting, from 1."""

    transaction_id: str
    line: int


def postings_needed(limit: int) -> int:
    """Return how many postings fill a page and show whether more follow; the first may belong to the page before."""
    return limit + 2


def lines_after(
    position: LinePosition | None, postings: Iterable[Posting], *, limit: int
) -> tuple[tuple[Entry, ...], LinePosition | None]:
    """Return the next lines of postings, newest first, and the position of the last; None if no line follows."""
    lines = [
        (LinePosition(posting.transaction_id, number), entry)
        for posting in postings
        for number, entry in enumerate(entries_of(posting), start=1)
        if position is None or _follows(position, posting.transaction_id, number)
    ]
    page = lines[:limit]
    return tuple(entry for _, entry in page), page[-1][0] if len(lines) > limit else None


def _follows(position: LinePosition, transaction_id: str, line: int) -> bool:
    is_same = transaction_id == position.transaction_id
    return line > position.line if is_same else transaction_id < position.transaction_id
