"""Consumed capacity: round trips to DynamoDB and capacity units, counted by events of botocore's client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})


@dataclass
class ConsumedCapacity:
    """Round trips, including retries, and capacity units since counting began."""

    round_trips: int = 0
    read_units: float = 0.0
    write_units: float = 0.0
    operations: list[str] = field(default_factory=list)

    def add(self, other: ConsumedCapacity) -> None:
        self.round_trips += other.round_trips
        self.read_units += other.read_units
        self.write_units += other.write_units
        self.operations += other.operations


_CURRENT: ContextVar[ConsumedCapacity | None] = ContextVar("consumed_capacity", default=None)


@contextmanager
def record_consumed_capacity() -> Iterator[ConsumedCapacity]:
    """Count all calls of this context to DynamoDB. An outer count includes them."""
    consumed, outer = ConsumedCapacity(), _CURRENT.get()
    token = _CURRENT.set(consumed)
    try:
        yield consumed
    finally:
        _CURRENT.reset(token)
        if outer is not None:
            outer.add(consumed)


def watch(events: Any) -> None:
    events.register("before-send.dynamodb", _count_round_trip)
    events.register("after-call.dynamodb", _count_units)


def _count_round_trip(**_: Any) -> None:
    total = _CURRENT.get()
    if total is not None:
        total.round_trips += 1


def _count_units(model: Any, parsed: Mapping[str, Any], **_: Any) -> None:
    total = _CURRENT.get()
    if total is None:
        return
    total.operations.append(model.name)
    consumed = parsed.get("ConsumedCapacity") or ()
    parts = (consumed,) if isinstance(consumed, Mapping) else consumed
    units = sum(float(part.get("CapacityUnits", 0.0)) for part in parts)
    if model.name in _WRITES:
        total.write_units += units
    else:
        total.read_units += units
