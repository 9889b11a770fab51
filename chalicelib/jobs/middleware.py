"""Log and measure every event of streams, the queue and schedules."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalice.app import BaseLambdaEvent

from chalicelib.dynamodb.consumed_capacity import ConsumedCapacity, record_consumed_capacity
from chalicelib.observability import metrics
from chalicelib.observability.logging import LOG_IDENTITY, logger
from chalicelib.shared.context import context_value

EVENT_KINDS: Final = ("scheduled", "sqs", "dynamodb")
"""Chalice's names of the event types in use."""


@dataclass(slots=True)
class _Outcome:
    """The result of an event: ``returned`` of its records are delivered again."""

    failed: bool = True
    returned: int = 0


def around_event(event: BaseLambdaEvent, get_response: Callable[[BaseLambdaEvent], Any]) -> Any:
    """Chalice middleware. A failure propagates to Lambda, which delivers the event again."""
    outcome = _Outcome()
    context: Any = event.context
    tally: Counter[str] = Counter()
    with (
        context_value(LOG_IDENTITY, {"request_id": str(context.aws_request_id)}),
        context_value(metrics.TALLY, tally),
        record_consumed_capacity() as meter,
    ):
        started = time.perf_counter()
        try:
            response = get_response(event)
            outcome = _Outcome(failed=False, returned=_returned(response))
        finally:
            _record(event, outcome, meter, tally, (time.perf_counter() - started) * 1000)
    return response


def _record(
    event: BaseLambdaEvent, outcome: _Outcome, meter: ConsumedCapacity, tally: Mapping[str, int], milliseconds: float
) -> None:
    context: Any = event.context
    function, records = str(context.function_name), len(event.to_dict().get("Records", ()))
    facts = {
        "function": function,
        "records": records,
        "returned": outcome.returned,
        "failed": outcome.failed,
        "duration_ms": round(milliseconds, 1),
        "round_trips": meter.round_trips,
        "read_units": meter.read_units,
        "write_units": meter.write_units,
    }
    (logger().error if outcome.failed else logger().info)("event", extra=facts)
    invocation = metrics.Invocation("function", function, str(context.aws_request_id), milliseconds, outcome.failed)
    metrics.emit(invocation, {**tally, "EventRecords": records, "EventRecordsReturned": outcome.returned})


def _returned(response: Any) -> int:
    return len(response.get("batchItemFailures", ())) if isinstance(response, Mapping) else 0
