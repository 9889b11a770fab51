"""Stream records, as Lambda delivers them, and the functions that derive events from them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.events.domain.event import Event

Record = Mapping[str, Any]
Derivation = Callable[[Record], Iterable[Event]]
"""Returns the events that a stream record means. It reads nothing, and the same record gives the same events."""
