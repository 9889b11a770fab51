"""Writes: their conditions, their effect on the item, consumed capacity, and cancellation reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.dynamodb_simulator import reads
from tools.dynamodb_simulator.expressions import Scope, condition, require_placeholders_used
from tools.dynamodb_simulator.tables import Key, Table
from tools.dynamodb_simulator.updates import updated
from tools.dynamodb_simulator.values import Item, ServiceError, invalid, stored

Arguments = Mapping[str, Any]
_EXPRESSIONS: Final = ("ConditionExpression", "UpdateExpression")


@dataclass(frozen=True, slots=True)
class Write:
    """A write whose condition holds: the item before and after it."""

    table: Table
    key: Key
    old: Item | None
    new: Item | None
    is_check: bool = False


def decide(table: Table, kind: str, arguments: Arguments) -> Write:
    """Evaluate a write without applying it.

    Raises:
        ServiceError: its condition fails, or it is invalid.
    """
    names = arguments.get("ExpressionAttributeNames") or {}
    values = arguments.get("ExpressionAttributeValues") or {}
    require_placeholders_used(arguments, reads.expressions_of(arguments, _EXPRESSIONS))
    key = table.key_of(arguments["Item"]) if kind == "Put" else table.key_of(arguments["Key"], exact=True)
    old = table.get(key)
    scope = Scope(old or {}, names, values)
    text = arguments.get("ConditionExpression")
    if text and not condition(text)(scope):
        members = {"Item": old} if old and arguments.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else {}
        raise ServiceError("ConditionalCheckFailedException", "The conditional request failed", **members)
    if kind == "Put":
        return Write(table, key, old, {name: stored(value) for name, value in arguments["Item"].items()})
    if kind == "Update":
        expression = arguments.get("UpdateExpression", "")
        return Write(table, key, old, updated(arguments["Key"], old, expression, scope))
    is_check = kind == "ConditionCheck"
    return Write(table, key, old, old if is_check else None, is_check)


def require_distinct(writes: list[Write], message: str) -> None:
    """Reject two writes of one item."""
    if len({(write.table.name, write.key) for write in writes}) < len(writes):
        raise invalid(message)


def require_indexable(write: Write) -> None:
    """Reject invalid index keys: they must be strings that are not empty."""
    for index in write.table.indexes.values():
        for name in (index.hash_name, index.range_name):
            if name and write.new and name in write.new and not write.new[name].get("S"):
                raise invalid(f"One or more parameter values were invalid: type mismatch for index key {name}")


def returned(wanted: str, write: Write) -> Item:
    """Return the attributes that ``ReturnValues`` selects."""
    old, new = write.old or {}, write.new or {}
    if wanted == "ALL_OLD":
        return old
    if wanted == "ALL_NEW":
        return new
    selected = {"UPDATED_OLD": old, "UPDATED_NEW": new}.get(wanted, {})
    return {name: value for name, value in selected.items() if old.get(name) != new.get(name)}


def consumed(writes: list[Write], *, factor: int) -> list[dict[str, Any]]:
    """Return the units that writes consume, by table; ``factor`` is 2 in a transaction."""
    totals: dict[str, float] = {}
    for write in writes:
        cost = write.table.write_units(write.old, write.new, factor=factor)
        totals[write.table.name] = totals.get(write.table.name, 0.0) + cost
    return [{"TableName": name, "CapacityUnits": cost} for name, cost in totals.items()]


def reason(code: str, message: str | None = None, **members: Any) -> dict[str, Any]:
    """Return the cancellation reason of one operation of a transaction."""
    return {"Code": code, **({"Message": message} if message else {}), **members}


def cancelled(reasons: list[dict[str, Any]]) -> ServiceError:
    """Return the response to a cancelled transaction, with a reason for each of its operations."""
    codes = ", ".join(each["Code"] for each in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return ServiceError("TransactionCanceledException", message, CancellationReasons=reasons)
