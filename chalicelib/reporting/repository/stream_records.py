"""Parse records of DynamoDB Streams, as Lambda delivers them, into changes of counters."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.reporting.domain.counters import CounterChange, Counts, difference

_TABLE_PART: Final = 1


def counter_change_of(
    record: Mapping[str, Any], counts_of_image: Callable[[Mapping[str, Any]], Counts]
) -> CounterChange:
    """Return counts(new image) − counts(old image), on the UTC day on which the table changed.

    The event key contains the table, because event ids are unique only within one stream.
    """
    changed = record["dynamodb"]
    old, new = changed.get("OldImage"), changed.get("NewImage")
    table = record["eventSourceARN"].split("/")[_TABLE_PART]
    return CounterChange(
        event_key=f"EVENT#{table}#{record['eventID']}",
        sequence_number=str(changed["SequenceNumber"]),
        day=datetime.fromtimestamp(changed["ApproximateCreationDateTime"], UTC).date(),
        counts=difference(counts_of_image(new) if new else {}, counts_of_image(old) if old else {}),
    )
