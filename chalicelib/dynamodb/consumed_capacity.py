"""The cost of a request at DynamoDB: round trips and capacity units, counted by botocore's events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})


@dataclass
class ConsumedCapacity:
    """Round trips and capacity units since the meter was started; each retry counts as a round trip."""

    round_trips: int = 0
    read_units: float = 0.0
    write_units: float = 0.0
    operations: list[str] = field(default_factory=list)

    def add(self, other: ConsumedCapacity) -> None:
        self.round_trips += other.round_trips
        self.read_units += other.read_units
        self.write_units += other.write_units
        self.operations += other.operations


_METER: ContextVar[ConsumedCapacity | None] = ContextVar("dynamodb_meter", default=None)


@contextmanager
def record_consumed_capacity() -> Iterator[ConsumedCapacity]:
    """Count all calls of this context to DynamoDB; a surrounding meter counts them, too."""
    meter, around = ConsumedCapacity(), _METER.get()
    token = _METER.set(meter)
    try:
        yield meter
    finally:
        _METER.reset(token)
        if around is not None:
            around.add(meter)


def watch(events: Any) -> None:
    events.register("before-send.dynamodb", _count_trip)
    events.register("after-call.dynamodb", _count_units)


def _count_trip(**_: Any) -> None:
    meter = _METER.get()
    if meter is not None:
        meter.round_trips += 1


def _count_units(model: Any, parsed: Mapping[str, Any], **_: Any) -> None:
    meter = _METER.get()
    if meter is None:
        return
    meter.operations.append(model.name)
    consumed = parsed.get("ConsumedCapacity") or ()
    parts = (consumed,) if isinstance(consumed, Mapping) else consumed
    units = sum(float(part.get("CapacityUnits", 0.0)) for part in parts)
    if model.name in _WRITES:
        meter.write_units += units
    else:
        meter.read_units += units
