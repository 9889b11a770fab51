"""Counters by projection and day, marks of counted records, and the last closed day."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from pynamodb.constants import STRING
from pynamodb.expressions.condition import Condition

from chalicelib.dynamodb.attributes import RawItem
from chalicelib.dynamodb.database import Database, Key
from chalicelib.dynamodb.expressions import PreparedCondition, PreparedUpdate, number, placeholder
from chalicelib.dynamodb.model import item_absent, version_unchanged
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.reporting.domain.counters import Counts, total
from chalicelib.reporting.models import AppliedItem, ClosedItem, CountersItem, StockItem

_CHANGES: Final = "PROJECTION#"
_STOCK: Final = "STOCK#"
_CLOSED: Final = "CLOSED"
_KEYS: Final = frozenset({"pk", "sk", "version"})
_LAST_DAY: Final = date.max
_STILL_OPEN: Final = PreparedCondition(
    ClosedItem.through.does_not_exist() | (ClosedItem.through < placeholder("day", STRING))
)
_THROUGH_UNCHANGED: Final = PreparedCondition(ClosedItem.through == placeholder("through", STRING))
_ONE_DAY: Final = timedelta(days=1)


class DayClosed(Exception):
    """A change concerns a closed day; it belongs to the first day after ``through``."""

    def __init__(self, through: date) -> None:
        self.through = through
        super().__init__(f"closed through {through}")


class AlreadyApplied(Exception):
    """One of the records has been counted before."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The closed days: those before ``first``, and those from ``first`` to ``through`` inclusive."""

    first: date
    through: date


@dataclass(frozen=True, slots=True)
class Day:
    """The changes of one day, with the version that was read."""

    day: date
    version: int
    counts: Counts


class ProjectionRepository:
    """Projections: stock(D) = stock(D−1) + changes(D). Each day is closed once; a closed day never changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def closed(self, projection: str) -> Closed | None:
        """Return the closed days; None if the projection has not begun."""
        item = self._database.get(ClosedItem, _CHANGES + projection, _CLOSED, consistent=True)
        return None if item is None else Closed(item.first, item.through)

    def stock(self, projection: str, day: date) -> Counts | None:
        """Return the counters at the end of a closed day; None for other days."""
        item = self._database.get(StockItem, _STOCK + projection, day.isoformat(), consistent=True)
        return None if item is None else _counts(item.counts)

    def changes(self, projection: str, *, after: date | None = None, upto: date = _LAST_DAY) -> list[Day]:
        """Read the changes of the days after ``after`` up to ``upto`` inclusive, oldest first."""
        first = date.min if after is None else after + _ONE_DAY
        where = CountersItem.sk.between(first.isoformat(), upto.isoformat())
        return self._read(_CHANGES + projection, where)

    def first_day(self, projection: str) -> date | None:
        where = CountersItem.sk <= _LAST_DAY.isoformat()
        found = self._read(_CHANGES + projection, where, limit=1)
        return found[0].day if found else None

    def applied(self, marks: Sequence[str]) -> frozenset[str]:
        return frozenset(item.pk for item in self._database.get_many(AppliedItem, marks, consistent=True))

    def add_applied(self, writes: WriteTransaction, marks: Iterable[str], expires_at: int) -> None:
        """Add the marks of the records that this transaction counts."""
        for mark in marks:
            item = AppliedItem(mark, expires_at=expires_at)
            writes.put(item, when=item_absent(AppliedItem), on_condition_failed=lambda _: AlreadyApplied())

    def add_changes(self, writes: WriteTransaction, projection: str, by_day: Mapping[date, Counts]) -> None:
        """Add changes of days, on condition that these days are not closed."""
        writes.check(
            ClosedItem(_CHANGES + projection, _CLOSED),
            when=_STILL_OPEN(day=min(by_day).isoformat()),
            on_condition_failed=_day_closed,
        )
        for day, counts in sorted(by_day.items()):
            additions = [number(name).add(change) for name, change in counts.items()]
            update = PreparedUpdate(*additions, CountersItem.version.add(1))()
            writes.update(CountersItem(_CHANGES + projection, day.isoformat()), update)

    def add_opening(self, writes: WriteTransaction, projection: str, first: date) -> None:
        """Add the projection's first day, to which changes of earlier days belong from now on."""
        item = ClosedItem(_CHANGES + projection, _CLOSED, first=first, through=first - _ONE_DAY)
        writes.put(item, when=item_absent(ClosedItem))

    def add_closing(self, writes: WriteTransaction, projection: str, last: Day, *, was: Closed, stock: Counts) -> None:
        """Add the closing of the next day, on condition that it is open and unchanged since ``last`` was read."""
        key, day = _CHANGES + projection, last.day
        writes.put(
            ClosedItem(key, _CLOSED, first=was.first, through=day),
            when=_THROUGH_UNCHANGED(through=was.through.isoformat()),
        )
        unchanged = version_unchanged(CountersItem, last.version) if last.version else item_absent(CountersItem)
        writes.check(CountersItem(key, day.isoformat()), when=unchanged)
        writes.put(StockItem(_STOCK + projection, day.isoformat(), counts=json.dumps(stock)))

    def _read(self, partition: str, where: Condition, *, limit: int | None = None) -> list[Day]:
        days: list[Day] = []
        after: Key | None = None
        while True:
            page = self._database.query_raw(CountersItem, partition, where, limit=limit, after=after)
            days += map(_day, page.items)
            after = page.last_key
            if after is None or (limit is not None and days):
                return days


def _day(item: Mapping[str, Any]) -> Day:
    numbers = {name: int(value["N"]) for name, value in item.items() if name not in _KEYS}
    return Day(date.fromisoformat(item["sk"]["S"]), int(item["version"]["N"]), total((numbers,)))


def _day_closed(old: RawItem | None) -> Exception:
    if old is None:
        raise RuntimeError("the condition on the closed day failed without its item")
    return DayClosed(date.fromisoformat(old["through"]["S"]))


def _counts(text: str) -> Counts:
    counts: Counts = json.loads(text)
    return counts
