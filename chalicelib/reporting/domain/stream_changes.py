"""A stream's records, as Lambda gives them, as changes of counters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from chalicelib.reporting.domain.counters import Counts, difference

Image = Mapping[str, Any]
"""An item in DynamoDB's own notation."""

_TABLE_PART: Final = 1


@dataclass(frozen=True, slots=True)
class Change:
    """What one record of a stream adds, on which day, and where in its shard it stands."""

    mark: str
    place: str
    day: date
    counts: Counts


def change_of(record: Mapping[str, Any], counts_of: Callable[[Image], Counts]) -> Change:
    """f(new image) − f(old image), on the day in UTC on which the table changed.

    The mark names the table as well: ids of events are unique within a stream at least.
    """
    changed = record["dynamodb"]
    old, new = changed.get("OldImage"), changed.get("NewImage")
    table = record["eventSourceARN"].split("/")[_TABLE_PART]
    return Change(
        mark=f"EVENT#{table}#{record['eventID']}",
        place=str(changed["SequenceNumber"]),
        day=datetime.fromtimestamp(changed["ApproximateCreationDateTime"], UTC).date(),
        counts=difference(counts_of(new) if new else {}, counts_of(old) if old else {}),
    )
