"""The tables of the double: items, a journal of every change, stream records, and what a write costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from tools.dynamodb_simulator.values import Item, invalid, item_size, units

READ_UNIT: Final = 4096
WRITE_UNIT: Final = 1024
Key = tuple[str, str]
ReadLag = Callable[[Key], int]
"""How many changes of its table a read of a key lags behind."""


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
        """What the index holds of an item; None where it leaves it out."""
        if item is None or self.hash_name not in item or (self.range_name and self.range_name not in item):
            return None
        if self.kept is None:
            return item
        return {name: value for name, value in item.items() if name in self.kept}

    def sort_of(self, entry: Item) -> str:
        """The sort key of an entry."""
        return str(entry[self.range_name]["S"]) if self.range_name else ""

    def write_units(self, old: Item | None, new: Item | None) -> int:
        """What a change of an item costs here: a changed key is a delete and a put."""
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
    """A table: its items by partition and sort key, and the journal that brought them there."""

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
        """The table that the template describes."""
        given = described.arguments
        hash_name, range_name = _key_names(given["KeySchema"])
        keys = {name for name in (hash_name, range_name) if name}
        indexes = [_index(each, keys) for each in given.get("GlobalSecondaryIndexes", ())]
        stream = given.get("StreamSpecification", {}).get("StreamViewType")
        by_name = {index.name: index for index in indexes}
        return cls(prefix + described.name, hash_name, range_name, by_name, described.expires_by, stream, now)

    @property
    def key_names(self) -> list[str]:
        """The attributes of the primary key."""
        return [self.hash_name, self.range_name] if self.range_name else [self.hash_name]

    def key_of(self, item: Item, *, exact: bool = False) -> Key:
        """The key of an item, or of a key.

        Raises:
            ServiceError: a part is missing, empty or no string; or there is more than the key.
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
        """The key alone, in DynamoDB's notation."""
        return {name: item[name] for name in self.key_names}

    def get(self, key: Key, lag: int = 0) -> Item | None:
        """An item, as it was so many changes ago."""
        found = self.items.get(key[0], {}).get(key[1])
        for change in self._last(lag):
            if change.key == key:
                found = change.old
        return found

    def partition(self, name: str, lag: ReadLag | None, most: int) -> dict[str, Item]:
        """An item collection, each item as late as ``lag`` says, at most ``most`` changes."""
        found = dict(self.items.get(name, {}))
        for key, item in self._late(lag, most):
            if key[0] == name:
                _place(found, key[1], item)
        return found

    def everything(self, lag: ReadLag | None = None, most: int = 0) -> Iterator[Item]:
        """All items, each as late as ``lag`` says."""
        late = dict(self._late(lag, most))
        for partition, inside in self.items.items():
            yield from (item for sort, item in inside.items() if (partition, sort) not in late)
        yield from (item for item in late.values() if item is not None)

    def apply(self, key: Key, new: Item | None) -> None:
        """Put or delete an item."""
        old = self.get(key)
        if old is None and new is None:
            return
        _place(self.items.setdefault(key[0], {}), key[1], new)
        if not self.items[key[0]]:
            del self.items[key[0]]
        self.journal.append(Change(key, old, new, self.now()))

    def write_units(self, old: Item | None, new: Item | None, *, factor: int = 1) -> int:
        """What a change costs with its indexes; ``factor`` 2 in a transaction, for the table alone."""
        size = max(item_size(old or {}), item_size(new or {}))
        own = units([size], per=WRITE_UNIT) * factor
        return own + sum(index.write_units(old, new) for index in self.indexes.values())

    def records(self, first: int) -> list[dict[str, Any]]:
        """The stream's records of all changes from the ``first`` on; what changed nothing leaves none."""
        if self.stream_view is None:
            return []
        changes = enumerate(self.journal[first:], start=first)
        return [self._record(number, change) for number, change in changes if change.old != change.new]

    def _record(self, number: int, change: Change) -> dict[str, Any]:
        name = "INSERT" if change.old is None else "REMOVE" if change.new is None else "MODIFY"
        told: dict[str, Any] = {
            "Keys": self.bare_key(change.new or change.old or {}),
            "SequenceNumber": f"{number + 1:021d}",
            "StreamViewType": self.stream_view,
            "ApproximateCreationDateTime": change.at,
        }
        if change.new is not None:
            told["NewImage"] = dict(change.new)
        if change.old is not None and self.stream_view == "NEW_AND_OLD_IMAGES":
            told["OldImage"] = dict(change.old)
        event_id = f"{self.name}-{number}"
        return {
            "eventID": event_id,
            "eventName": name,
            "eventSource": "aws:dynamodb",
            "eventSourceARN": f"arn:aws:dynamodb:us-east-1:000000000000:table/{self.name}/stream/0",
            "dynamodb": told,
        }

    def _last(self, count: int) -> Iterator[Change]:
        """The last changes, newest first."""
        return iter(self.journal[: -count - 1 : -1]) if count else iter(())

    def _late(self, lag: ReadLag | None, most: int) -> Iterator[tuple[Key, Item | None]]:
        if lag is None:
            return
        late: dict[Key, Item | None] = {}
        for distance, change in enumerate(self._last(most)):
            if distance < lag(change.key):
                late[change.key] = change.old
        yield from late.items()


def _place(items: dict[str, Item], name: str, item: Item | None) -> None:
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
