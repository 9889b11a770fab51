"""DynamoDB under the repositories: one shared client, pages of queries, batched reads."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from pynamodb.connection import Connection, TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.constants import STRING
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from chalicelib.dynamodb import consumed_capacity as metering
from chalicelib.dynamodb.fast_path.client import FastPathClient
from chalicelib.dynamodb.fast_path.http_pool import Timeouts
from chalicelib.shared.errors import AppError, Unavailable

M = TypeVar("M", bound=Model)
T = TypeVar("T")
Key = dict[str, dict[str, Any]]

RETRY_DEADLINE_SECONDS: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 0.02
_LONGEST_PAUSE_SECONDS: Final = 0.4
_PATIENCE: Final = Timeouts(connect=2, read=5)
_CALL_ATTEMPTS: Final = 3
_MOST_IN_BATCH: Final = 100


class OptimisticLockError(Exception):
    """The item changed between our read and our write: read again and decide again."""


class CommitSubscriber(Protocol):
    """Whoever wants to know of transactions."""

    def __call__(self, changes: Sequence[tuple[str, Mapping[str, Mapping[str, Any]]]], *, outcome_known: bool) -> None:
        """Hear of one: pairs of a table and an item or its key. Not ``certain``: its answer was lost."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a query; ``last_key`` is None at the end of the list."""

    items: tuple[T, ...]
    last_key: Key | None


class Database:
    """The one connection of this process, and the tables behind it."""

    def __init__(self, *, region: str, table_prefix: str, pool_size: int = 10) -> None:
        self._prefix = table_prefix
        self.connection = Connection(
            region=region,
            connect_timeout_seconds=_PATIENCE.connect,
            read_timeout_seconds=_PATIENCE.read,
            retry_configuration={"mode": "standard", "total_max_attempts": _CALL_ATTEMPTS},
            max_pool_connections=pool_size,
        )
        FastPathClient.install(self.connection.client, _PATIENCE)
        metering.watch(self.connection.client.meta.events)
        self._listeners: list[CommitSubscriber] = []

    def bind(self, *models: type[Model]) -> None:
        """Let models of one table or many use this connection instead of a client of their own each."""
        for model in models:
            table = self._prefix + model.Meta.table_name.rsplit("-", 1)[-1]
            model.Meta.table_name = table
            bound = TableConnection(table)
            bound.connection = self.connection
            self._describe(model, table)
            model._connection = bound

    def _describe(self, model: type[Model], table: str) -> None:
        """Tell the connection of a model's keys and indexes; models of one table add theirs up."""
        described = _meta_table(model, table)
        known = self.connection._tables.get(table)
        if known is None:
            self.connection.add_meta_table(described)
            return
        for part in ("GlobalSecondaryIndexes", "AttributeDefinitions"):
            known.data[part] += [entry for entry in described.data[part] if entry not in known.data[part]]

    def listen(self, listener: CommitSubscriber) -> None:
        """Have a listener told of every transaction that happened, or may have."""
        self._listeners.append(listener)

    def tell(
        self, changes: Sequence[tuple[str, Mapping[str, Mapping[str, Any]]]], *, outcome_known: bool = True
    ) -> None:
        """Tell the listeners: pairs of a table and an item or its key."""
        for listener in self._listeners:
            listener(changes, outcome_known=outcome_known)

    def query(  # noqa: PLR0913 - the parts of one Query call, named where they are given
        self,
        model: type[M],
        partition: str,
        where: Condition | None = None,
        *,
        only: Condition | None = None,
        index: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        after: Key | None = None,
        consistent: bool = False,
    ) -> Page[M]:
        """Read up to ``limit`` items, or one page: one call, unless DynamoDB ends a page early for its size.

        The list ends where ``last_key`` is None. A filter (``only``) can give fewer items without ending it.
        """
        pages = model.query(
            partition,
            where,
            filter_condition=only,
            index_name=index,
            scan_index_forward=not newest_first,
            page_size=limit,
            last_evaluated_key=after,
            consistent_read=consistent,
        ).page_iter
        items: list[M] = []
        for raw in pages:
            items += map(model.from_raw_data, raw["Items"])
            if limit is None or pages.total_scanned_count >= limit:
                break
            pages.page_size = limit - pages.total_scanned_count
        return Page(tuple(items), pages.last_evaluated_key)

    def query_mixed(
        self,
        models: Mapping[str, type[Model]],
        partition: str,
        where: Condition | None = None,
        *,
        after: Key | None = None,
        consistent: bool = False,
    ) -> Page[Model]:
        """Read one page of an item collection that holds several kinds; ``models`` is as for `get_mixed`."""
        first = next(iter(models.values()))
        found = first.query(partition, where, last_evaluated_key=after, consistent_read=consistent)
        raw = next(iter(found.page_iter))
        return Page(tuple(_of_kind(models, item) for item in raw["Items"]), raw.get("LastEvaluatedKey"))

    def query_all(self, model: type[M], partition: str, where: Condition | None = None, **options: Any) -> list[M]:
        """Read a whole item collection, page by page."""
        items: list[M] = []
        after: Key | None = None
        while True:
            page = self.query(model, partition, where, after=after, **options)
            items.extend(page.items)
            after = page.last_key
            if after is None:
                return items

    def get(self, model: type[M], partition: str, sort: str | None = None, *, consistent: bool = False) -> M | None:
        """Read one item, or None."""
        names = self.connection.get_meta_table(model.Meta.table_name)
        key = {names.hash_keyname: {STRING: partition}}
        if names.range_keyname and sort is not None:
            key[names.range_keyname] = {STRING: sort}
        raw = self._call("GetItem", TableName=model.Meta.table_name, Key=key, ConsistentRead=consistent)
        return model.from_raw_data(raw["Item"]) if raw.get("Item") else None

    def get_mixed(
        self, models: Mapping[str, type[Model]], keys: Sequence[tuple[str, str]], *, consistent: bool = False
    ) -> list[Model]:
        """Read up to 100 items of several kinds from one table in one call, in no order.

        ``models`` maps the part of the sort key before its first ``#`` to the model of that kind.
        """
        table = next(iter(models.values())).Meta.table_name
        wanted = [{"pk": {"S": partition}, "sk": {"S": sort}} for partition, sort in keys]
        return [_of_kind(models, item) for item in self._batch(table, wanted, consistent=consistent)]

    def get_many(self, model: type[M], partitions: Iterable[str], *, consistent: bool = False) -> list[M]:
        """Read items of a table without sort keys, 100 a call, in no order."""
        table = model.Meta.table_name
        name = self.connection.get_meta_table(table).hash_keyname
        wanted = [{name: {"S": partition}} for partition in dict.fromkeys(partitions)]
        batches = (wanted[start : start + _MOST_IN_BATCH] for start in range(0, len(wanted), _MOST_IN_BATCH))
        return [model.from_raw_data(i) for each in batches for i in self._batch(table, each, consistent=consistent)]

    def _batch(self, table: str, wanted: Any, *, consistent: bool) -> list[Key]:
        """Read up to 100 items; what DynamoDB leaves over is asked for again, with pauses.

        Raises:
            Unavailable: it kept leaving some over until the deadline.
        """
        found: list[Key] = []
        give_up_at = time.monotonic() + RETRY_DEADLINE_SECONDS
        for pause in backoff_delays():
            asked = {table: {"Keys": wanted, "ConsistentRead": consistent}}
            raw = self._call("BatchGetItem", RequestItems=asked)
            found.extend(raw["Responses"].get(table, ()))
            wanted = raw.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
            if not wanted:
                break
            if time.monotonic() + pause > give_up_at:
                raise Unavailable
            time.sleep(pause)
        return found

    def _call(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """Ask DynamoDB; what it costs is told with the answer, for the meters."""
        return self.connection._make_api_call(operation, {**arguments, "ReturnConsumedCapacity": "TOTAL"})

    def transact(self, items: Sequence[Mapping[str, Any]], token: str) -> None:
        """Carry out all writes or none.

        Raises:
            VerboseClientError: DynamoDB refused them; it has the reasons, in the order of the writes.
        """
        self._call("TransactWriteItems", TransactItems=items, ClientRequestToken=token)


def retry_on_conflict(decide: Callable[[], T], *, deadline_seconds: float = RETRY_DEADLINE_SECONDS) -> T:
    """Run read-decide-write until it is not overtaken by others, pausing with full jitter.

    Raises:
        Unavailable: others kept overtaking until the deadline.
    """
    give_up_at = time.monotonic() + deadline_seconds
    for pause in backoff_delays():
        try:
            return decide()
        except OptimisticLockError as stale:
            if time.monotonic() + pause > give_up_at:
                raise Unavailable from stale
            time.sleep(pause)
    raise AssertionError("pauses never end")


def with_consistent_read_fallback(attempt: Callable[[bool], T]) -> T:
    """Decide on a cheap, possibly late read; where that refuses or loses a race, decide on consistent reads.

    ``attempt`` takes whether to read consistently. A success needs no second look: the conditions of its
    transaction hold at the moment of the write.

    Raises:
        Refusal: what the attempt raises on a consistent read.
        Unavailable: others kept overtaking until the deadline.
    """
    try:
        return attempt(False)
    except (AppError, OptimisticLockError):
        return retry_on_conflict(lambda: attempt(True))


def backoff_delays() -> Iterable[float]:
    """Waiting times in seconds: exponential, with full jitter, without an end."""
    longest = _FIRST_PAUSE_SECONDS
    while True:
        yield random.uniform(0, longest)
        longest = min(longest * 2, _LONGEST_PAUSE_SECONDS)


def _of_kind(models: Mapping[str, type[Model]], item: Key) -> Model:
    return models[item["sk"]["S"].partition("#")[0]].from_raw_data(item)


def _meta_table(model: type[Model], table: str) -> MetaTable:
    schema = model._get_schema()
    return MetaTable(
        {
            "TableName": table,
            "KeySchema": schema["key_schema"],
            "AttributeDefinitions": schema["attribute_definitions"],
            "GlobalSecondaryIndexes": [
                {"IndexName": index["index_name"], "KeySchema": index["key_schema"]}
                for index in schema["global_secondary_indexes"]
            ],
            "LocalSecondaryIndexes": [],
        }
    )
