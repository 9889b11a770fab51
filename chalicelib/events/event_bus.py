"""Put events on a bus of Amazon EventBridge, for the operator's own integrations."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from chalicelib.events.domain.event import Event
from chalicelib.observability.logging import logger

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE: Final = "p2p-lending"
_BATCH: Final = 10
_PAUSES_SECONDS: Final = (0.0, 0.1, 0.4)
"""The pause before each attempt."""
_CONNECT_SECONDS: Final = 2
_READ_SECONDS: Final = 3


class EventBridgeBus:
    """A bus of EventBridge. The detail of an entry is the event as the API returns it.

    Args:
        name: the bus.
        region: its region.
    """

    def __init__(self, name: str, region: str) -> None:
        self._name = name
        self._region = region

    def put(self, events: Sequence[Event]) -> list[Event]:
        """Put events on the bus, ten at a time. Entries that it refuses are tried again, up to three times.

        After ten that it doesn't accept, the others are not tried, so that a bus that is down takes little time.

        Returns:
            The events that the bus has not accepted.
        """
        refused: list[Event] = []
        for start in range(0, len(events), _BATCH):
            batch = events[start : start + _BATCH]
            remaining = self._put_batch(batch)
            refused += remaining
            if len(remaining) == len(batch):
                return [*refused, *events[start + _BATCH :]]
        return refused

    def _put_batch(self, events: Sequence[Event]) -> Sequence[Event]:
        from botocore.exceptions import BotoCoreError, ClientError

        remaining = events
        for pause in _PAUSES_SECONDS:
            time.sleep(pause)
            try:
                response = self._client.put_events(Entries=[self._entry(event) for event in remaining])
            except (BotoCoreError, ClientError):
                logger().warning("the event bus did not respond", exc_info=True)
                continue
            results = zip(remaining, response["Entries"], strict=True)
            remaining = [event for event, result in results if result.get("ErrorCode")]
            if not remaining:
                break
        return remaining

    def _entry(self, event: Event) -> Any:
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.type,
            "Time": event.created_at,
            "Detail": json.dumps(event.document()),
        }

    @cached_property
    def _client(self) -> EventBridgeClient:
        import boto3
        from botocore.config import Config

        config = Config(connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries={"total_max_attempts": 1})
        return boto3.client("events", region_name=self._region, config=config)
