"""Access to DynamoDB: one client for all repositories, pages of queries, batched reads, writes of single items."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.projection import create_projection_expression
from pynamodb.indexes import Index

from chalicelib.dynamodb import consumed_capacity, fast_path
from chalicelib.dynamodb.attributes import RawItem
from chalicelib.dynamodb.checksum import reject_corrupted
from chalicelib.dynamodb.errors import AlreadyWrittenError, OptimisticLockError
from chalicelib.dynamodb.expressions import Expression
from chalicelib.dynamodb.fast_path.http_pool import Timeouts
from chalicelib.dynamodb.model import Item, hash_key, index_hash_key, key_attributes
from chalicelib.dynamodb.retry import RETRY_DEADLINE_SECONDS, backoff_delays
from chalicelib.shared.context import context_value
from chalicelib.shared.errors import Unavailable

M = TypeVar("M", bound=Item)
T = TypeVar("T")
Key = RawItem
Call = dict[str, Any]
Changes = Sequence[tuple[str, RawItem]]
"""Pairs of a table and an item that was written, or the key of one that was updated or deleted."""
OnConditionFailed = Callable[[RawItem | None], Exception]

_TIMEOUTS: Final = Timeouts(connect=2, read=5)
_CALL_ATTEMPTS: Final = 3
_BATCH_LIMIT: Final = 100
_PROBED_TABLE: Final = "wallets"
_NO_ACCOUNT: Final = "health"
_CONDITION_FAILED: Final = "ConditionalCheckFailedException"
_log: Final = logging.getLogger(__name__)
_SINGLE_ATTEMPT: ContextVar[bool] = ContextVar("single_attempt", default=False)


class CommitSubscriber(Protocol):
    """Receives the changes of transactions."""

    def __call__(self, changes: Changes, *, outcome_known: bool) -> None:
        """Receive the changes of a committed transaction, or of one that may have happened (outcome unknown)."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; ``last_key`` is None at its end."""

    items: tuple[T, ...]
    last_key: Key | None


def every_page(read: Callable[[Key | None], Page[T]]) -> Iterator[Page[T]]:
    """Read a list to its end; ``read`` returns the page after a key, the first one for None."""
    after: Key | None = None
    while True:
        page = read(after)
        yield page
        after = page.last_key
        if after is None:
            return


class Database:
    """The DynamoDB client of this process.

    Args:
        region: AWS region.
        table_prefix: start of every table's name, such as ``p2p-local-``.
        pool_size: connections to keep open.
        use_fast_path: send requests by ``fast_path`` if the installed botocore allows it.
    """

    def __init__(self, *, region: str, table_prefix: str, pool_size: int = 10, use_fast_path: bool = True) -> None:
        self._prefix = table_prefix
        config = Config(
            parameter_validation=False,
            connect_timeout=_TIMEOUTS.connect,
            read_timeout=_TIMEOUTS.read,
            max_pool_connections=pool_size,
            retries={"mode": "standard", "total_max_attempts": _CALL_ATTEMPTS},
        )
        self.client: Any = get_session().create_client("dynamodb", region, config=config)
        self.client.meta.events.register_first("after-call.dynamodb", reject_corrupted)
        consumed_capacity.watch(self.client.meta.events)
        self.client.meta.events.register_first("needs-retry.dynamodb", _refuse_retry)  # type: ignore[arg-type]  # it answers
        send = self._send_by_botocore
        self._send = fast_path.install(self.client, _TIMEOUTS, fallback=send) if use_fast_path else send
        self.subscribers: list[CommitSubscriber] = []
        """Receive every transaction that happened or may have happened."""

    def table_of(self, model: type[Item]) -> str:
        return self._prefix + str(model.Meta.table_name)

    def call(self, operation: str, arguments: Call) -> dict[str, Any]:
        """Call DynamoDB and ask for the consumed capacity.

        Raises:
            ClientError: DynamoDB rejected the call.
            BotoCoreError: DynamoDB could not be reached, or its responses arrived corrupted.
        """
        arguments["ReturnConsumedCapacity"] = "TOTAL"
        return self._send(operation, arguments)

    def is_reachable(self) -> bool:
        """Return whether DynamoDB responds now: one read of half a unit, without a second attempt."""
        request: Call = {"TableName": self._prefix + _PROBED_TABLE, "Key": {"account": {"S": _NO_ACCOUNT}}}
        try:
            with context_value(_SINGLE_ATTEMPT, True):
                self.call("GetItem", request)
        except (BotoCoreError, ClientError):
            _log.warning("DynamoDB does not answer", exc_info=True)
            return False
        return True

    # Reads

    def get(self, model: type[M], partition: str, sort: str | None = None, *, consistent: bool = False) -> M | None:
        """Read one item; None if there is none."""
        key = {
            attribute.stored_name: {attribute.kind: value}
            for attribute, value in zip(key_attributes(model), (partition, sort), strict=False)
        }
        response = self.call("GetItem", {"TableName": self.table_of(model), "Key": key, "ConsistentRead": consistent})
        return model.from_raw_data(response["Item"]) if response.get("Item") else None

    def get_mixed(
        self, models: Mapping[str, type[Item]], keys: Sequence[tuple[str, str]], *, consistent: bool = False
    ) -> list[Item]:
        """Read up to 100 items of one table in one call, in no particular order.

        Args:
            models: the model for each kind of item; the kind is the part of the sort key before its first ``#``.
            keys: pairs of a partition key and a sort key.
            consistent: read consistently.
        """
        table = self.table_of(next(iter(models.values())))
        wanted = [{"pk": {"S": partition}, "sk": {"S": sort}} for partition, sort in keys]
        items = self._read_batch(table, wanted, consistent=consistent)
        return [models[item["sk"]["S"].partition("#")[0]].from_raw_data(item) for item in items]

    def get_many(self, model: type[M], partitions: Iterable[str], *, consistent: bool = False) -> list[M]:
        """Read items of a table without sort keys, 100 per call, in no particular order."""
        table = self.table_of(model)
        name = hash_key(model).attr_name
        wanted = [{name: {"S": partition}} for partition in dict.fromkeys(partitions)]
        batches = (wanted[start : start + _BATCH_LIMIT] for start in range(0, len(wanted), _BATCH_LIMIT))
        return [
            model.from_raw_data(item)
            for batch in batches
            for item in self._read_batch(table, batch, consistent=consistent)
        ]

    def query(  # noqa: PLR0913 - the parts of one Query call, named where they are given
        self,
        model: type[M],
        partition: str,
        where: Condition | None = None,
        *,
        only: Condition | None = None,
        index: Index[Any] | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        after: Key | None = None,
        consistent: bool = False,
    ) -> Page[M]:
        """Read up to ``limit`` items, or one page: one call, unless DynamoDB ends a page early because of its size.

        The list ends where ``last_key`` is None. A filter (``only``) can give fewer items without ending it.
        """
        request = self._query_request(model, partition, where, only, index)
        request.update(ScanIndexForward=not newest_first, ConsistentRead=consistent)
        items: list[M] = []
        for response in self._pages("Query", request, limit=limit, after=after):
            items += map(model.from_raw_data, response["Items"])
        return Page(tuple(items), response.get("LastEvaluatedKey"))

    def query_mixed(
        self,
        models: Mapping[str, type[Item]],
        partition: str,
        where: Condition | None = None,
        *,
        after: Key | None = None,
        consistent: bool = False,
    ) -> Page[Item]:
        """Read one page of an item collection that holds several kinds; ``models`` as for `get_mixed`."""
        request = self._query_request(next(iter(models.values())), partition, where)
        request["ConsistentRead"] = consistent
        [response] = self._pages("Query", request, limit=None, after=after)
        items = (models[item["sk"]["S"].partition("#")[0]].from_raw_data(item) for item in response["Items"])
        return Page(tuple(items), response.get("LastEvaluatedKey"))

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

    def query_raw(
        self, model: type[Item], partition: str, where: Condition, *, limit: int | None = None, after: Key | None = None
    ) -> Page[RawItem]:
        """Read one page of items consistently, in DynamoDB's notation."""
        request = self._query_request(model, partition, where)
        request["ConsistentRead"] = True
        response = next(self._pages("Query", request, limit=limit, after=after))
        return Page(tuple(response["Items"]), response.get("LastEvaluatedKey"))

    def scan(
        self,
        model: type[Item],
        segment: int,
        segments: int,
        *,
        only: Condition | None = None,
        attributes: Sequence[str] = (),
        limit: int | None = None,
        after: Key | None = None,
    ) -> Iterator[Page[RawItem]]:
        """Read one of ``segments`` parts of a table consistently, page by page, in DynamoDB's notation."""
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        request: Call = {
            "TableName": self.table_of(model),
            "Segment": segment,
            "TotalSegments": segments,
            "ConsistentRead": True,
        }
        if only is not None:
            request["FilterExpression"] = only.serialize(names, values)
        if attributes:
            request["ProjectionExpression"] = create_projection_expression(list(attributes), names)
        if limit is not None:
            request["Limit"] = limit
        _add_placeholders(request, names, values)
        while True:
            if after is not None:
                request["ExclusiveStartKey"] = after
            response = self.call("Scan", request)
            after = response.get("LastEvaluatedKey")
            yield Page(tuple(response["Items"]), after)
            if after is None:
                return

    # Writes of single items

    def put(
        self,
        item: Item,
        *,
        when: Expression | None = None,
        on_condition_failed: OnConditionFailed | None = None,
        retry: bool = True,
    ) -> None:
        """Put an item. The arguments are those of `WriteTransaction.put`.

        Args:
            retry: repeat the call if it fails. False suits a write that must not delay the response.
        """
        request = write_request(self.table_of(type(item)), item, when=when, is_put=True)
        with context_value(_SINGLE_ATTEMPT, not retry):
            self._write("PutItem", request, on_condition_failed)

    def update(
        self,
        item: Item,
        change: Expression,
        *,
        when: Expression | None = None,
        on_condition_failed: OnConditionFailed | None = None,
        retry: bool = True,
    ) -> RawItem:
        """Update an item and return it as it is afterwards. The arguments are those of `WriteTransaction.update`.

        Args:
            retry: repeat the call if its response was lost. Then a change that isn't idempotent may happen twice.
        """
        request = write_request(self.table_of(type(item)), item, change, when)
        request["ReturnValues"] = "ALL_NEW"
        if retry:
            return self._write("UpdateItem", request, on_condition_failed)
        with context_value(_SINGLE_ATTEMPT, True):
            return self._write("UpdateItem", request, on_condition_failed)

    def delete(self, item: Item) -> bool:
        """Delete an item. Returns False if there is none."""
        request = write_request(self.table_of(type(item)), item)
        request["ReturnValues"] = "ALL_OLD"
        return bool(self._write("DeleteItem", request, None))

    def _write(self, operation: str, request: Call, on_condition_failed: OnConditionFailed | None) -> RawItem:
        try:
            response = self.call(operation, request)
        except ClientError as error:
            details: Mapping[str, Any] = error.response
            if details.get("Error", {}).get("Code") != _CONDITION_FAILED:
                raise
            raise (on_condition_failed or optimistic_lock_failed)(details.get("Item")) from error
        attributes: RawItem = response.get("Attributes", {})
        return attributes

    def _query_request(
        self,
        model: type[Item],
        partition: str,
        where: Condition | None,
        only: Condition | None = None,
        index: Index[Any] | None = None,
    ) -> Call:
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        condition: Condition = (hash_key(model) if index is None else index_hash_key(index)) == partition
        if where is not None:
            condition &= where
        request: Call = {
            "TableName": self.table_of(model),
            "KeyConditionExpression": condition.serialize(names, values),
        }
        if only is not None:
            request["FilterExpression"] = only.serialize(names, values)
        if index is not None:
            request["IndexName"] = index.Meta.index_name
        _add_placeholders(request, names, values)
        return request

    def _pages(
        self, operation: str, request: Call, *, limit: int | None, after: Key | None
    ) -> Iterator[dict[str, Any]]:
        """Yield pages until ``limit`` items are read; without a limit, one page."""
        while True:
            if limit is not None:
                request["Limit"] = limit
            if after is not None:
                request["ExclusiveStartKey"] = after
            response = self.call(operation, request)
            yield response
            after = response.get("LastEvaluatedKey")
            if after is None or limit is None or response["ScannedCount"] >= limit:
                return
            limit -= response["ScannedCount"]

    def _read_batch(self, table: str, wanted: Any, *, consistent: bool) -> list[RawItem]:
        """Read up to 100 items. Keys that DynamoDB leaves unprocessed are requested again, with pauses.

        Raises:
            Unavailable: it left keys unprocessed until the deadline.
        """
        found: list[RawItem] = []
        give_up_at = time.monotonic() + RETRY_DEADLINE_SECONDS
        for delay in backoff_delays():
            request = {"RequestItems": {table: {"Keys": wanted, "ConsistentRead": consistent}}}
            response = self.call("BatchGetItem", request)
            found.extend(response["Responses"].get(table, ()))
            wanted = response.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
            if not wanted:
                break
            if time.monotonic() + delay > give_up_at:
                raise Unavailable
            time.sleep(delay)
        return found

    def _send_by_botocore(self, operation: str, arguments: Call) -> dict[str, Any]:
        response: dict[str, Any] = getattr(self.client, xform_name(operation))(**arguments)
        return response


def write_request(
    table: str, item: Item, change: Expression | None = None, when: Expression | None = None, *, is_put: bool = False
) -> Call:
    """Compose the put of a whole item, or an update, deletion or check of the item that has this item's key."""
    request: Call = (
        {"TableName": table, "Item": item.serialize()} if is_put else {"TableName": table, "Key": item.key()}
    )
    names: dict[str, str] = {}
    values: RawItem = {}
    if change is not None:
        request["UpdateExpression"], names, values = change
    if when is not None:
        request["ConditionExpression"] = when.text
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        names, values = {**names, **when.names}, {**values, **when.values}
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = values
    return request


def optimistic_lock_failed(_: RawItem | None) -> Exception:
    """Explain a failed condition as a lost race: another writer came first."""
    return OptimisticLockError()


def already_written(_: RawItem | None) -> Exception:
    """Explain a failed condition as a repetition: the first attempt succeeded and its response was lost."""
    return AlreadyWrittenError()


def _add_placeholders(request: Call, names: Mapping[str, str], values: RawItem) -> None:
    """Add what pynamodb has collected: placeholders by name, and values by placeholder."""
    if names:
        request["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in names.items()}
    if values:
        request["ExpressionAttributeValues"] = values


def _refuse_retry(**_: Any) -> bool | None:
    """Decide before the SDK's own retry rules: False forbids a retry, None leaves the decision to them."""
    return False if _SINGLE_ATTEMPT.get() else None
