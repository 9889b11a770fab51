"""Which cached answers a change makes worthless: told by the transaction that made it, and again by the stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.common.cache import Cache

RawItem = Mapping[str, Mapping[str, Any]]
Namespaces = Callable[[RawItem], Iterable[str]]


class Invalidator:
    """Knows for each table how an item names the namespaces that show it."""

    def __init__(self, cache: Cache, table_prefix: str, rules: Mapping[str, Namespaces]) -> None:
        self._cache = cache
        self._prefix = table_prefix
        self._rules = rules

    def committed(self, changes: Iterable[tuple[str, RawItem]]) -> None:
        """Tell the cache of a transaction: pairs of a table and an item, or its key where it was updated."""
        if self._cache.is_on:
            self._cache.invalidate(self._concerned(changes))

    def streamed(self, table: str, records: Iterable[Mapping[str, Any]]) -> None:
        """Tell the cache of a stream's records, in case whoever made the change did not live to tell."""
        images = ("OldImage", "NewImage")
        changes = [
            (self._prefix + table, record["dynamodb"][image])
            for record in records
            for image in images
            if image in record["dynamodb"]
        ]
        self.committed(changes)

    def _concerned(self, changes: Iterable[tuple[str, RawItem]]) -> set[str]:
        found: set[str] = set()
        for table, item in changes:
            rule = self._rules.get(table.removeprefix(self._prefix))
            found.update(rule(item) if rule else ())
        return found
