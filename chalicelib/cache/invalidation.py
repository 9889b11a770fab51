"""What a committed transaction means to others: cached answers that it makes worthless, and metrics.

Cached answers are told by the transaction that made the change, and again by the stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib.cache.service import Cache
from chalicelib.observability import metrics

T = TypeVar("T")
RawItem = Mapping[str, Mapping[str, Any]]
RawChange = tuple[str, RawItem]
"""A table, and an item of it, or the item's key where it was updated or deleted."""
Reading = Callable[[RawItem], Iterable[T]]


def _nothing(_: RawItem) -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True)
class InvalidationRule:
    """How to read an item of a table: the cached namespaces that show it, the lists that have it as a new member
    (pairs of a list and an id), and metrics with amounts.
    """

    namespaces: Reading[str] = _nothing
    members: Reading[tuple[str, str]] = _nothing
    figures: Reading[tuple[str, int]] = _nothing


class Invalidator:
    """Tells cache and metrics of changes, table by table."""

    def __init__(self, cache: Cache, table_prefix: str, meanings: Mapping[str, InvalidationRule]) -> None:
        self._cache = cache
        self._prefix = table_prefix
        self._meanings = meanings

    def committed(self, changes: Iterable[RawChange], *, outcome_known: bool) -> None:
        """Tell of a transaction that was carried out, or, where its answer was lost, may have been."""
        known = self._known(changes)
        if self._cache.is_on:
            self._cache.invalidate(name for meaning, item in known for name in meaning.namespaces(item))
            self._cache.note_fresh(dict.fromkeys(pair for meaning, item in known for pair in meaning.members(item)))
        for meaning, item in known if outcome_known else ():
            for name, amount in meaning.figures(item):
                metrics.count(name, amount)

    def streamed(self, table: str, records: Iterable[Mapping[str, Any]]) -> None:
        """Tell of a stream's records, in case whoever made the change did not live to tell."""
        if not self._cache.is_on:
            return
        meaning = self._meanings[table]
        images = [
            record["dynamodb"][image]
            for record in records
            for image in ("OldImage", "NewImage")
            if image in record["dynamodb"]
        ]
        self._cache.invalidate(name for image in images for name in meaning.namespaces(image))

    def _known(self, changes: Iterable[RawChange]) -> list[tuple[InvalidationRule, RawItem]]:
        named = ((self._meanings.get(table.removeprefix(self._prefix)), item) for table, item in changes)
        return [(meaning, item) for meaning, item in named if meaning is not None]
