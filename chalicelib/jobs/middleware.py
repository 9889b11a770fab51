"""What surrounds every event that is no request, from streams, queue and clock: its log line and its metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalice.app import BaseLambdaEvent

from chalicelib.dynamodb.consumed_capacity import ConsumedCapacity, record_consumed_capacity
from chalicelib.observability import metrics
from chalicelib.observability.logging import identified, logger

EVENT_KINDS: Final = ("scheduled", "sqs", "dynamodb")
"""Chalice's names of the events that the platform takes."""


@dataclass(slots=True)
class _Outcome:
    """How an event ended: ``returned`` of its records must come again."""

    failed: bool = True
    returned: int = 0


def around_event(event: BaseLambdaEvent, get_response: Callable[[BaseLambdaEvent], Any]) -> Any:
    """Chalice middleware. A failure goes on to Lambda, so that the event comes again."""
    outcome = _Outcome()
    context: Any = event.context
    with (
        identified(request_id=str(context.aws_request_id)),
        record_consumed_capacity() as meter,
        metrics.tallied() as tally,
    ):
        started = time.perf_counter()
        try:
            answer = get_response(event)
            outcome = _Outcome(failed=False, returned=_returned(answer))
        finally:
            _record(event, outcome, meter, tally, (time.perf_counter() - started) * 1000)
    return answer


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


def _returned(answer: Any) -> int:
    return len(answer.get("batchItemFailures", ())) if isinstance(answer, Mapping) else 0
