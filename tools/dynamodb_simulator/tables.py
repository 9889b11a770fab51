"""Tables: items, a journal of every change, stream records, and the capacity that writes consume."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from tools.dynamodb_simulator.values import Item, invalid, item_size, units

READ_UNIT: Final = 4096
WRITE_UNIT: Final = 1024
Key = tuple[str, str]
ReadLag = Callable[[Key], int]
"""Returns the number of changes of its table that a read of a key lags behind."""


class TableDefinition(Protocol):
    """A table to simulate: its name without prefix, and its arguments of the operation CreateTable."""

    @property
    def name(self) -> str:
        """Table name without the prefix."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Arguments of CreateTable: key schema, indexes, stream specification."""

    @property
    def expires_by(self) -> str | None:
        """The time-to-live attribute, if any."""


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index."""

    name: str
    hash_name: str
    range_name: str | None
    kept: frozenset[str] | None
    """Attributes that it projects; None for all."""

    def entry(self, item: Item | None) -> Item | None:
        """Return the index's copy of an item; None if the index omits it."""
        if item is None or self.hash_name not in item or (self.range_name and self.range_name not in item):
            return None
        if self.kept is None:
            return item
        return {name: value for name, value in item.items() if name in self.kept}

    def sort_of(self, entry: Item) -> str:
        """Return the sort key of an entry."""
        return str(entry[self.range_name]["S"]) if self.range_name else ""

    def write_units(self, old: Item | None, new: Item | None) -> int:
        """Return the units that a change of an item consumes here: a changed key counts as a deletion and a put."""
        before, after = self.entry(old), self.entry(new)
        if before == after:
            return 0
        if before is None or after is None:
            return units([item_size(before or after or {})], per=WRITE_UNIT)
        keys = [name for name in (self.hash_name, self.range_name) if name]
        sizes = [units([item_size(each)], per=WRITE_UNIT) for each in (before, after)]
        return max(sizes) if all(before[name] == after[name] for name in keys) else sum(sizes)


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change of one item."""

    key: Key
    old: Item | None
    new: Item | None
    at: float
    """Seconds since 1970."""


@dataclass
class Table:
    """A table: items by partition and sort key, and the journal of their changes."""

    name: str
    hash_name: str
    range_name: str | None
    indexes: Mapping[str, Index]
    expires_by: str | None
    stream_view: str | None
    now: Callable[[], float]
    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    journal: list[Change] = field(default_factory=list)

    @classmethod
    def of(cls, described: TableDefinition, prefix: str, now: Callable[[], float]) -> Table:
        """Create an empty table from its definition."""
        given = described.arguments
        hash_name, range_name = _key_names(given["KeySchema"])
        keys = {name for name in (hash_name, range_name) if name}
        indexes = [_index(each, keys) for each in given.get("GlobalSecondaryIndexes", ())]
        stream = given.get("StreamSpecification", {}).get("StreamViewType")
        by_name = {index.name: index for index in indexes}
        return cls(prefix + described.name, hash_name, range_name, by_name, described.expires_by, stream, now)

    @property
    def key_names(self) -> list[str]:
        """Names of the primary key's attributes."""
        return [self.hash_name, self.range_name] if self.range_name else [self.hash_name]

    def key_of(self, item: Item, *, exact: bool = False) -> Key:
        """Return the key of an item or of a key in DynamoDB's notation.

        Raises:
            ServiceError: a part is missing, empty or not a string; or ``exact`` and there are other attributes.
        """
        if exact and set(item) != set(self.key_names):
            raise invalid("The provided key element does not match the schema")
        parts = [item.get(name, {}).get("S") for name in self.key_names]
        if None in parts:
            raise invalid("One or more parameter values were invalid: Missing the key or type mismatch")
        if "" in parts:
            raise invalid("One or more parameter values are not valid: a key is empty")
        return str(parts[0]), str(parts[1]) if self.range_name else ""

    def bare_key(self, item: Item) -> dict[str, Any]:
        """Return the key alone, in DynamoDB's notation."""
        return {name: item[name] for name in self.key_names}

    def get(self, key: Key, lag: int = 0) -> Item | None:
        """Return an item as it was ``lag`` changes ago; None if there was none."""
        found = self.items.get(key[0], {}).get(key[1])
        for change in self._newest_changes(lag):
            if change.key == key:
                found = change.old
        return found

    def partition(self, name: str, lag: ReadLag | None, max_lag: int) -> dict[str, Item]:
        """Return an item collection by sort key, each item with its own lag of up to ``max_lag`` changes."""
        found = dict(self.items.get(name, {}))
        for key, item in self._lagging(lag, max_lag):
            if key[0] == name:
                _store(found, key[1], item)
        return found

    def all_items(self, lag: ReadLag | None = None, max_lag: int = 0) -> Iterator[Item]:
        """Yield all items, each with its own lag of up to ``max_lag`` changes."""
        late = dict(self._lagging(lag, max_lag))
        for partition, inside in self.items.items():
            yield from (item for sort, item in inside.items() if (partition, sort) not in late)
        yield from (item for item in late.values() if item is not None)

    def apply(self, key: Key, new: Item | None) -> None:
        """Put or delete an item."""
        old = self.get(key)
        if old is None and new is None:
            return
        _store(self.items.setdefault(key[0], {}), key[1], new)
        if not self.items[key[0]]:
            del self.items[key[0]]
        self.journal.append(Change(key, old, new, self.now()))

    def write_units(self, old: Item | None, new: Item | None, *, factor: int = 1) -> int:
        """Return the units that a change consumes; ``factor``, 2 in a transaction, does not apply to the indexes."""
        size = max(item_size(old or {}), item_size(new or {}))
        own = units([size], per=WRITE_UNIT) * factor
        return own + sum(index.write_units(old, new) for index in self.indexes.values())

    def records(self, first: int) -> list[dict[str, Any]]:
        """Return the stream records from change number ``first`` on; a write that changes nothing has no record."""
        if self.stream_view is None:
            return []
        changes = enumerate(self.journal[first:], start=first)
        return [self._record(number, change) for number, change in changes if change.old != change.new]

    def _record(self, number: int, change: Change) -> dict[str, Any]:
        name = "INSERT" if change.old is None else "REMOVE" if change.new is None else "MODIFY"
        details: dict[str, Any] = {
            "Keys": self.bare_key(change.new or change.old or {}),
            "SequenceNumber": f"{number + 1:021d}",
            "StreamViewType": self.stream_view,
            "ApproximateCreationDateTime": change.at,
        }
        if change.new is not None:
            details["NewImage"] = dict(change.new)
        if change.old is not None and self.stream_view == "NEW_AND_OLD_IMAGES":
            details["OldImage"] = dict(change.old)
        event_id = f"{self.name}-{number}"
        return {
            "eventID": event_id,
            "eventName": name,
            "eventSource": "aws:dynamodb",
            "eventSourceARN": f"arn:aws:dynamodb:us-east-1:000000000000:table/{self.name}/stream/0",
            "dynamodb": details,
        }

    def _newest_changes(self, count: int) -> Iterator[Change]:
        """Return the last ``count`` changes, newest first."""
        return iter(self.journal[: -count - 1 : -1]) if count else iter(())

    def _lagging(self, lag: ReadLag | None, max_lag: int) -> Iterator[tuple[Key, Item | None]]:
        if lag is None:
            return
        late: dict[Key, Item | None] = {}
        for distance, change in enumerate(self._newest_changes(max_lag)):
            if distance < lag(change.key):
                late[change.key] = change.old
        yield from late.items()


def _store(items: dict[str, Item], name: str, item: Item | None) -> None:
    if item is None:
        items.pop(name, None)
    else:
        items[name] = item


def _key_names(schema: list[dict[str, str]]) -> tuple[str, str | None]:
    names = {each["KeyType"]: each["AttributeName"] for each in schema}
    return names["HASH"], names.get("RANGE")


def _index(described: Mapping[str, Any], table_keys: set[str]) -> Index:
    hash_name, range_name = _key_names(described["KeySchema"])
    projection = described["Projection"]
    keys = {*table_keys, hash_name, *((range_name,) if range_name else ())}
    kept = (
        None if projection["ProjectionType"] == "ALL" else frozenset({*keys, *projection.get("NonKeyAttributes", ())})
    )
    return Index(described["IndexName"], hash_name, range_name, kept)
