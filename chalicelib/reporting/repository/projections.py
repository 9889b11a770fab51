"""Counters by projection and day, the marks of what has been counted, and the day up to which all is closed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from chalicelib.dynamodb.attributes import IntegerAttribute
from chalicelib.dynamodb.database import Database, Key
from chalicelib.dynamodb.transaction import RawItem, WriteTransaction
from chalicelib.reporting.domain.counters import Counts, total
from chalicelib.reporting.models import AppliedItem, ClosedItem, CountersItem, StockItem

_CHANGES: Final = "PROJECTION#"
_STOCK: Final = "STOCK#"
_CLOSED: Final = "CLOSED"
_KEYS: Final = frozenset({"pk", "sk", "version"})
_LAST_DAY: Final = date.max
_A_DAY: Final = timedelta(days=1)


class DayClosed(Exception):
    """A change came for a day whose stock is fixed; it belongs to the first day after ``through``."""

    def __init__(self, through: date) -> None:
        self.through = through
        super().__init__(f"closed through {through}")


class AlreadyApplied(Exception):
    """One of the records has been counted before."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The days that take no more changes: all before ``first``, and from it up to and with ``through``."""

    first: date
    through: date


@dataclass(frozen=True, slots=True)
class Day:
    """The changes of one day and the version they were read at."""

    day: date
    version: int
    counts: Counts


class ProjectionRepository:
    """stock(D) = stock(D−1) + changes(D). A day is closed once, and then takes no more changes."""

    def __init__(self, database: Database) -> None:
        database.bind(CountersItem, ClosedItem, StockItem, AppliedItem)
        self._database = database

    def writes(self) -> WriteTransaction:
        """A new transaction."""
        return WriteTransaction(self._database)

    def closed(self, projection: str) -> Closed | None:
        """Which days are closed; None before the first."""
        item = self._database.get(ClosedItem, _CHANGES + projection, _CLOSED, consistent=True)
        return None if item is None else Closed(item.first, item.through)

    def stock(self, projection: str, day: date) -> Counts | None:
        """What the counters stood at when a day was closed; None where it is not."""
        item = self._database.get(StockItem, _STOCK + projection, day.isoformat(), consistent=True)
        return None if item is None else _counts(item.counts)

    def changes(self, projection: str, *, after: date | None = None, upto: date = _LAST_DAY) -> list[Day]:
        """Changes by day, oldest first, of the days behind ``after`` up to and with ``upto``."""
        first = date.min if after is None else after + _A_DAY
        where = CountersItem.sk.between(first.isoformat(), upto.isoformat())
        return self._read(_CHANGES + projection, where)

    def first_day(self, projection: str) -> date | None:
        """The oldest day with changes."""
        where = CountersItem.sk <= _LAST_DAY.isoformat()
        found = self._read(_CHANGES + projection, where, limit=1)
        return found[0].day if found else None

    def applied(self, marks: Sequence[str]) -> frozenset[str]:
        """Which of up to 100 marks have been set."""
        return frozenset(item.pk for item in self._database.get_many(AppliedItem, marks, consistent=True))

    def add_applied(self, writes: WriteTransaction, marks: Iterable[str], expires_at: int) -> None:
        """Add the marks of what is counted by this transaction."""
        for mark in marks:
            item = AppliedItem(mark, expires_at=expires_at)
            writes.put_new(item, on_condition_failed=lambda _: AlreadyApplied())

    def add_changes(self, writes: WriteTransaction, projection: str, by_day: Mapping[date, Counts]) -> None:
        """Add changes to days that must not be closed."""
        opened = ClosedItem.through.does_not_exist() | (ClosedItem.through < min(by_day))
        closed = ClosedItem(_CHANGES + projection, _CLOSED)
        writes.check(closed, opened, on_condition_failed=_day_closed)
        for day, counts in sorted(by_day.items()):
            actions = [_counter(name).add(number) for name, number in counts.items()]
            actions.append(CountersItem.version.add(1))
            writes.update(CountersItem(_CHANGES + projection, day.isoformat()), actions)

    def add_opening(self, writes: WriteTransaction, projection: str, first: date) -> None:
        """Add the beginning of all days: changes of earlier days belong to the first one from now on."""
        item = ClosedItem(_CHANGES + projection, _CLOSED, first=first, through=first - _A_DAY)
        writes.put_new(item)

    def add_closing(self, writes: WriteTransaction, projection: str, last: Day, *, was: Closed, stock: Counts) -> None:
        """Add the closing of the next day; stale where it was closed, or changed since ``last`` was read."""
        key, day = _CHANGES + projection, last.day
        writes.put(ClosedItem(key, _CLOSED, first=was.first, through=day), ClosedItem.through == was.through)
        unchanged = CountersItem.version == last.version if last.version else CountersItem.pk.does_not_exist()
        writes.check(CountersItem(key, day.isoformat()), unchanged)
        writes.put(StockItem(_STOCK + projection, day.isoformat(), counts=json.dumps(stock)))

    def _read(self, partition: str, where: Condition, *, limit: int | None = None) -> list[Day]:
        days: list[Day] = []
        after: Key | None = None
        while True:
            found = CountersItem.query(
                partition, where, consistent_read=True, page_size=limit, last_evaluated_key=after
            )
            page = next(iter(found.page_iter))
            days += map(_day, page["Items"])
            after = page.get("LastEvaluatedKey")
            if after is None or (limit is not None and days):
                return days


def _counter(name: str) -> Any:
    """The attribute of a counter: its name may hold dots and colons."""
    return Path(IntegerAttribute(attr_name=name))


def _day(item: Mapping[str, Any]) -> Day:
    numbers = {name: int(value["N"]) for name, value in item.items() if name not in _KEYS}
    return Day(date.fromisoformat(item["sk"]["S"]), int(item["version"]["N"]), total((numbers,)))


def _day_closed(old: RawItem | None) -> Exception:
    if old is None:
        raise RuntimeError("a closed day was met without its old value")
    return DayClosed(date.fromisoformat(old["through"]["S"]))


def _counts(text: str) -> Counts:
    counts: Counts = json.loads(text)
    return counts
