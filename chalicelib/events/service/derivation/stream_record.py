"""Stream records, as Lambda delivers them, and the functions that derive events from them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.events.domain.event import Event

Record = Mapping[str, Any]
Derivation = Callable[[Record], Iterable[Event]]
"""Returns the events that a stream record means. It reads nothing, and the same record gives the same events."""


def time_of(record: Record) -> datetime:
    """Return when a record's change was made, in whole seconds on AWS; for items that store no time of their own."""
    return datetime.fromtimestamp(float(record["dynamodb"]["ApproximateCreationDateTime"]), UTC)
