"""Queries and scans: key conditions, filters, pages, projections, and consumed capacity."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tools.dynamodb_simulator.expressions import Scope, condition, projected, require_placeholders_used, tokens_of
from tools.dynamodb_simulator.tables import READ_UNIT, Index, ReadLag, Table
from tools.dynamodb_simulator.values import Item, invalid, item_size, units

_PAGE_BYTES: Final = 1024 * 1024
_EXPRESSIONS: Final = ("KeyConditionExpression", "FilterExpression", "ProjectionExpression")


@dataclass(frozen=True, slots=True)
class _SortPosition:
    """Position of an item in the order of a query."""

    sort: str
    key: tuple[str, str]

    def order(self) -> tuple[bytes, tuple[str, str]]:
        return self.sort.encode(), self.key


def expressions_of(arguments: Mapping[str, Any], names: Sequence[str] = _EXPRESSIONS) -> list[str]:
    """Return the expressions of a call."""
    return [arguments[name] for name in names if arguments.get(name)]


def query(table: Table, arguments: Mapping[str, Any], lag: ReadLag | None, max_lag: int) -> dict[str, Any]:
    """Execute a Query."""
    index = _index_of(table, arguments)
    require_placeholders_used(arguments, expressions_of(arguments))
    hash_name = index.hash_name if index else table.hash_name
    partition = _partition_of(arguments, hash_name)
    if index is None:
        found = list(table.partition(partition, lag, max_lag).values())
    else:
        entries = (index.entry(item) for item in table.all_items(lag, max_lag))
        found = [entry for entry in entries if entry is not None and entry[hash_name].get("S") == partition]
    positioned = [(_sort_position(table, index, item), item) for item in found]
    backwards = arguments.get("ScanIndexForward") is False
    positioned.sort(key=lambda pair: pair[0].order(), reverse=backwards)
    wanted = condition(arguments["KeyConditionExpression"])
    names, values = _placeholders(arguments)
    positioned = [(position, item) for position, item in positioned if wanted(Scope(item, names, values))]
    start = arguments.get("ExclusiveStartKey")
    if start:
        after = _sort_position(table, index, start).order()
        positioned = [
            (position, item)
            for position, item in positioned
            if (position.order() < after if backwards else position.order() > after)
        ]
    return _page(table, index, [item for _, item in positioned], arguments)


def scan(table: Table, arguments: Mapping[str, Any], lag: ReadLag | None, max_lag: int) -> dict[str, Any]:
    """Execute a Scan of the table, or of one segment of it."""
    require_placeholders_used(arguments, expressions_of(arguments))
    segment, segments = arguments.get("Segment", 0), arguments.get("TotalSegments", 1)
    keyed = [(_scan_order(table, item), item) for item in table.all_items(lag, max_lag)]
    keyed = sorted((pair for pair in keyed if pair[0][0] % segments == segment), key=lambda pair: pair[0])
    start = arguments.get("ExclusiveStartKey")
    if start:
        after = _scan_order(table, start)
        keyed = [pair for pair in keyed if pair[0] > after]
    return _page(table, None, [item for _, item in keyed], arguments)


def _scan_order(table: Table, item: Item) -> tuple[int, str, str]:
    partition, sort = table.key_of(item)
    return zlib.crc32(partition.encode()), partition, sort


def _page(table: Table, index: Index | None, items: Sequence[Item], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return items up to the limit or a megabyte, filtered and projected."""
    limit = arguments.get("Limit")
    read: list[Item] = []
    size = 0
    for item in items:
        if (limit is not None and len(read) == limit) or size > _PAGE_BYTES:
            break
        read.append(item)
        size += item_size(item)
    names, values = _placeholders(arguments)
    kept = read
    if arguments.get("FilterExpression"):
        passes = condition(arguments["FilterExpression"])
        kept = [item for item in read if passes(Scope(item, names, values))]
    response: dict[str, Any] = {"Count": len(kept), "ScannedCount": len(read)}
    if arguments.get("Select") != "COUNT":
        response["Items"] = [projected(item, arguments.get("ProjectionExpression"), names) for item in kept]
    if read and (len(read) < len(items) or len(read) == limit):
        response["LastEvaluatedKey"] = _last_key(table, index, read[-1])
    rate = 1.0 if arguments.get("ConsistentRead") else 0.5
    response["ConsumedCapacity"] = {"TableName": table.name, "CapacityUnits": units([size], per=READ_UNIT) * rate}
    return response


def _last_key(table: Table, index: Index | None, item: Item) -> dict[str, Any]:
    key = table.bare_key(item)
    for name in (index.hash_name, index.range_name) if index else ():
        if name:
            key[name] = item[name]
    return key


def _sort_position(table: Table, index: Index | None, item: Item) -> _SortPosition:
    key = table.key_of(item)
    return _SortPosition(index.sort_of(item) if index else key[1], key)


def _index_of(table: Table, arguments: Mapping[str, Any]) -> Index | None:
    name = arguments.get("IndexName")
    if name is None:
        return None
    if name not in table.indexes:
        raise invalid(f"The table does not have the specified index: {name}")
    if arguments.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    return table.indexes[name]


def _placeholders(arguments: Mapping[str, Any]) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    return arguments.get("ExpressionAttributeNames") or {}, arguments.get("ExpressionAttributeValues") or {}


def _partition_of(arguments: Mapping[str, Any], hash_name: str) -> str:
    """Return the partition key that the key condition requires."""
    names, values = _placeholders(arguments)
    for name, value in _equalities(arguments["KeyConditionExpression"]):
        if names.get(name, name) == hash_name and "S" in values[value]:
            return str(values[value]["S"])
    raise invalid(f"Query condition missed key schema element: {hash_name}")


@lru_cache(maxsize=256)
def _equalities(text: str) -> tuple[tuple[str, str], ...]:
    tokens = tokens_of(text)
    return tuple((tokens[at - 1], tokens[at + 1]) for at, token in enumerate(tokens) if token == "=")
