"""Effects of a committed transaction outside the database: invalid cached responses, and metrics.

The transaction that makes a change invalidates cached responses, and the stream does so again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib.cache.service import Cache
from chalicelib.observability import metrics

T = TypeVar("T")
RawItem = Mapping[str, Mapping[str, Any]]
RawChange = tuple[str, RawItem]
"""A table and an item of it; only the item's key if it was updated or deleted."""
Reader = Callable[[RawItem], Iterable[T]]


@dataclass(frozen=True, slots=True)
class InvalidationRule:
    """The meaning of a table's items.

    Args:
        namespaces: reads the cache namespaces whose responses show an item.
        affected_lists: reads the lists that show an item, as pairs of a namespace and an id.
        metrics: reads names and amounts to count when an item is written.
    """

    namespaces: Reader[str] | None = None
    affected_lists: Reader[tuple[str, str]] | None = None
    metrics: Reader[tuple[str, int]] | None = None


class Invalidator:
    """Applies the rule of each table.

    Args:
        rules: the rules by table name, without the deployment's prefix.
    """

    def __init__(self, cache: Cache, table_prefix: str, rules: Mapping[str, InvalidationRule]) -> None:
        self._cache = cache
        self._prefix = table_prefix
        self._rules = rules

    def committed(self, changes: Iterable[RawChange], *, outcome_known: bool) -> None:
        """Apply the changes of a transaction; ``outcome_known`` is False if its response was lost."""
        named = ((self._rules.get(table.removeprefix(self._prefix)), item) for table, item in changes)
        known = [(rule, item) for rule, item in named if rule is not None]
        if self._cache.is_on:
            self._cache.invalidate(name for rule, item in known if rule.namespaces for name in rule.namespaces(item))
            recent = dict.fromkeys(
                pair for rule, item in known if rule.affected_lists for pair in rule.affected_lists(item)
            )
            self._cache.record_recent_writes(recent)
        for rule, item in known if outcome_known else ():
            for name, amount in rule.metrics(item) if rule.metrics else ():
                metrics.count(name, amount)

    def streamed(self, table: str, records: Iterable[Mapping[str, Any]]) -> None:
        """Apply a stream's records, in case the process that made the change ended before it could."""
        if not self._cache.is_on:
            return
        rule = self._rules[table]
        images = [
            record["dynamodb"][image]
            for record in records
            for image in ("OldImage", "NewImage")
            if image in record["dynamodb"]
        ]
        if rule.namespaces:
            self._cache.invalidate(name for image in images for name in rule.namespaces(image))
