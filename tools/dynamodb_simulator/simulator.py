"""DynamoDB in memory: executes operations on items as the service does."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.dynamodb_simulator import reads
from tools.dynamodb_simulator.expressions import projected, require_placeholders_used
from tools.dynamodb_simulator.tables import READ_UNIT, Change, Key, Table, TableDefinition
from tools.dynamodb_simulator.values import Item, ServiceError, invalid, item_size, units
from tools.dynamodb_simulator.writes import (
    Arguments,
    Write,
    cancelled,
    consumed,
    decide,
    reason,
    require_distinct,
    require_indexable,
    returned,
)

_TOKEN_SECONDS: Final = 600
_MAX_ITEMS: Final = 100
_CONFLICT: Final = "Transaction is ongoing for the item"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Full state of a simulator."""

    items: Mapping[str, Mapping[str, Mapping[str, Item]]]
    journals: Mapping[str, tuple[Change, ...]]
    tokens: Mapping[str, tuple[float, Any]]


class Simulator:
    """The service. ``pause`` is called between the steps of a request, so that concurrent clients can act there."""

    def __init__(self, tables: Iterable[TableDefinition], now: Callable[[], float], *, prefix: str = "") -> None:
        self.prefix = prefix
        self.tables = {prefix + each.name: Table.of(each, prefix, now) for each in tables}
        self.pause: Callable[[str], None] = lambda step: None
        self.max_lag = 0
        """Number of changes that an eventually consistent read, or a read of an index, may lag behind."""
        self.choice = random.Random(0)
        self._now = now
        self._tokens: dict[str, tuple[float, Any]] = {}
        """By token: the time of its use, and the writes."""
        self._locked: set[tuple[str, Key]] = set()

    def call(self, operation: str, arguments: Arguments) -> dict[str, Any]:
        """Execute an operation.

        Raises:
            ServiceError: the service rejects it.
        """
        handlers: Mapping[str, Callable[[Arguments], dict[str, Any]]] = {
            "GetItem": self._get,
            "BatchGetItem": self._batch_get,
            "Query": lambda given: reads.query(self._table(given), given, *self._read_lag(given)),
            "Scan": lambda given: reads.scan(self._table(given), given, *self._read_lag(given)),
            "PutItem": lambda given: self._write("Put", given),
            "UpdateItem": lambda given: self._write("Update", given),
            "DeleteItem": lambda given: self._write("Delete", given),
            "BatchWriteItem": self._batch_write,
            "TransactWriteItems": self._transact_write,
            "TransactGetItems": self._transact_get,
        }
        if operation not in handlers:
            raise ServiceError("UnknownOperationException")
        return handlers[operation](arguments)

    def snapshot(self) -> Snapshot:
        """Copy the state; items are never changed in place."""
        items = {name: {p: dict(inside) for p, inside in table.items.items()} for name, table in self.tables.items()}
        journals = {name: tuple(table.journal) for name, table in self.tables.items()}
        return Snapshot(items, journals, dict(self._tokens))

    def restore(self, snapshot: Snapshot) -> None:
        """Return to a state; no request is in progress then."""
        for name, table in self.tables.items():
            table.items = {p: dict(inside) for p, inside in snapshot.items[name].items()}
            table.journal = list(snapshot.journals[name])
        self._tokens = dict(snapshot.tokens)
        self._locked.clear()

    def expire(self, *, late_seconds: float = 0) -> int:
        """Delete items that expired more than ``late_seconds`` ago; return their number."""
        expired = [
            (table, table.key_of(item))
            for table in self.tables.values()
            for item in table.all_items()
            if table.expires_by
            and table.expires_by in item
            and float(item[table.expires_by]["N"]) < self._now() - late_seconds
        ]
        for table, key in expired:
            table.apply(key, None)
        return len(expired)

    # Reads

    def _table(self, arguments: Arguments) -> Table:
        name = arguments["TableName"]
        if name not in self.tables:
            raise ServiceError("ResourceNotFoundException", "Requested resource not found")
        return self.tables[name]

    def _read_lag(self, arguments: Arguments) -> tuple[Callable[[Key], int] | None, int]:
        """Return the lag of a read by key, and the longest: consistent reads have none, others one for each item."""
        if arguments.get("ConsistentRead") or not self.max_lag:
            return None, 0
        lags: dict[Key, int] = {}
        choice = self.choice
        return lambda key: lags.setdefault(key, choice.randint(0, self.max_lag)), self.max_lag

    def _get(self, arguments: Arguments) -> dict[str, Any]:
        table = self._table(arguments)
        item, cost = self._read(table, arguments["Key"], arguments)
        response: dict[str, Any] = {"ConsumedCapacity": {"TableName": table.name, "CapacityUnits": cost}}
        return response if item is None else {**response, "Item": item}

    def _batch_get(self, arguments: Arguments) -> dict[str, Any]:
        responses, costs = {}, []
        for name, wanted in arguments["RequestItems"].items():
            table = self._table({"TableName": name})
            if len({table.key_of(key) for key in wanted["Keys"]}) < len(wanted["Keys"]):
                raise invalid("Provided list of item keys contains duplicates")
            if len(wanted["Keys"]) > _MAX_ITEMS:
                raise invalid("Too many items requested for the BatchGetItem call")
            found = [self._read(table, key, wanted) for key in wanted["Keys"]]
            responses[name] = [item for item, _ in found if item is not None]
            costs.append({"TableName": name, "CapacityUnits": sum(cost for _, cost in found)})
        return {"Responses": responses, "UnprocessedKeys": {}, "ConsumedCapacity": costs}

    def _transact_get(self, arguments: Arguments) -> dict[str, Any]:
        gets = [each["Get"] for each in arguments["TransactItems"]]
        places = [(self._table(get), self._table(get).key_of(get["Key"], exact=True)) for get in gets]
        if any((table.name, key) in self._locked for table, key in places):
            raise cancelled([reason("TransactionConflict", _CONFLICT)] * len(gets))
        found = [
            self._read(table, get["Key"], {**get, "ConsistentRead": True})
            for (table, _), get in zip(places, gets, strict=True)
        ]
        costs = [
            {"TableName": t.name, "CapacityUnits": cost * 2} for (t, _), (_, cost) in zip(places, found, strict=True)
        ]
        return {"Responses": [{"Item": i} if i is not None else {} for i, _ in found], "ConsumedCapacity": costs}

    def _read(self, table: Table, key: Item, arguments: Arguments) -> tuple[Item | None, float]:
        require_placeholders_used(arguments, reads.expressions_of(arguments))
        place = table.key_of(key, exact=True)
        lag, _ = self._read_lag(arguments)
        item = table.get(place, lag(place) if lag else 0)
        cost = units([item_size(item or {})], per=READ_UNIT) * (1.0 if arguments.get("ConsistentRead") else 0.5)
        if item is None:
            return None, cost
        names = arguments.get("ExpressionAttributeNames") or {}
        return projected(item, arguments.get("ProjectionExpression"), names), cost

    # Writes

    def _write(self, kind: str, arguments: Arguments) -> dict[str, Any]:
        if self._target_of(kind, arguments) in self._locked:
            raise ServiceError("TransactionConflictException", _CONFLICT)
        write = decide(self._table(arguments), kind, arguments)
        require_indexable(write)
        write.table.apply(write.key, write.new)
        cost = float(write.table.write_units(write.old, write.new))
        response: dict[str, Any] = {"ConsumedCapacity": {"TableName": write.table.name, "CapacityUnits": cost}}
        attributes = returned(arguments.get("ReturnValues", "NONE"), write)
        return {**response, "Attributes": attributes} if attributes else response

    def _batch_write(self, arguments: Arguments) -> dict[str, Any]:
        writes: list[Write] = []
        for name, requests in arguments["RequestItems"].items():
            for request in requests:
                kind, given = next(iter(request.items()))
                table = self._table({"TableName": name})
                writes.append(decide(table, kind.removesuffix("Request"), given))
        require_distinct(writes, "Provided list of item keys contains duplicates")
        for write in writes:
            write.table.apply(write.key, write.new)
        return {"UnprocessedItems": {}, "ConsumedCapacity": consumed(writes, factor=1)}

    def _transact_write(self, arguments: Arguments) -> dict[str, Any]:
        """Prepare and commit; a repeated call with the same token has one effect."""
        token, operations = arguments.get("ClientRequestToken"), arguments["TransactItems"]
        if token is not None and (known := self._tokens.get(token)) is not None:
            if self._now() - known[0] < _TOKEN_SECONDS:
                if known[1] != operations:
                    raise ServiceError("IdempotentParameterMismatchException")
                return {}
            del self._tokens[token]
        calls = [next(iter(each.items())) for each in operations]
        writes = self._prepare(calls)
        places = {(write.table.name, write.key) for write in writes}
        self._locked |= places
        try:
            self.pause("prepared")
        finally:
            self._locked -= places
        for write in writes:
            if not write.is_check:
                write.table.apply(write.key, write.new)
        if token is not None:
            self._tokens[token] = (self._now(), operations)
        return {"ConsumedCapacity": consumed(writes, factor=2)}

    def _prepare(self, calls: list[tuple[str, Arguments]]) -> list[Write]:
        if not 1 <= len(calls) <= _MAX_ITEMS:
            raise invalid("Member must have length less than or equal to 100")
        places = [self._target_of(kind, call) for kind, call in calls]
        if len(set(places)) < len(places):
            raise invalid("Transaction request cannot include multiple operations on one item")
        writes: list[Write] = []
        reasons: list[dict[str, Any]] = []
        for place, (kind, call) in zip(places, calls, strict=True):
            cancellation = reason("None")
            try:
                if place in self._locked:
                    cancellation = reason("TransactionConflict", _CONFLICT)
                else:
                    write = decide(self._table(call), kind, call)
                    require_indexable(write)
                    writes.append(write)
            except ServiceError as error:
                cancellation = reason(error.code.removesuffix("Exception"), error.message, **error.members)
                if error.code == "ValidationException":
                    cancellation["Code"] = "ValidationError"
            reasons.append(cancellation)
        if len(writes) < len(calls):
            raise cancelled(reasons)
        return writes

    def _target_of(self, kind: str, call: Arguments) -> tuple[str, Key]:
        table = self._table(call)
        return table.name, table.key_of(call["Item"] if kind == "Put" else call["Key"], exact=kind != "Put")
