"""Webhook endpoints, and the deliveries of events to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

ALL_TYPES: Final = "*"


class DisabledReason(StrEnum):
    """The reason why an endpoint gets no events."""

    OWNER = "owner"
    GONE = "gone"
    FAILING = "failing"


class DeliveryStatus(StrEnum):
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address to which a user's events are delivered.

    Args:
        event_types: names of types, or ``*`` alone for all of them.
        secret: the encrypted secret that signs deliveries; ``previous_secret`` signs them too until it expires.
        failing_since: the first failure since the last success; None after a success.
    """

    id: str
    user_id: str
    url: str
    event_types: tuple[str, ...]
    created_at: datetime
    secret: str
    description: str = ""
    enabled: bool = True
    disabled_reason: DisabledReason | None = None
    previous_secret: str | None = None
    previous_secret_expires_at: datetime | None = None
    failing_since: datetime | None = None
    version: int = 1

    def wants(self, type_name: str) -> bool:
        """Return whether events of a type are delivered to it."""
        return self.enabled and (ALL_TYPES in self.event_types or type_name in self.event_types)
