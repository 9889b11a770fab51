"""Webhook endpoints, and the deliveries of events to them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from chalicelib.shared.errors import Conflict, NotFound

ALL_TYPES: Final = "*"
MAX_ENDPOINTS: Final = 10
"""The largest number of endpoints of a user."""
ROTATION: Final = timedelta(hours=24)
"""The time for which a replaced secret still signs requests."""


class EndpointNotFound(NotFound):
    code = "webhook_endpoint_not_found"
    detail = "Webhook endpoint not found."


class TooManyEndpoints(Conflict):
    code = "too_many_webhook_endpoints"
    detail = f"You already have {MAX_ENDPOINTS} webhook endpoints. Delete one first."


class EndpointDisabled(Conflict):
    code = "webhook_endpoint_disabled"
    detail = "This webhook endpoint is disabled. Enable it first."


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
    """A webhook endpoint: a URL to which a user's events are delivered.

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
        """Return whether events of a type are delivered to the endpoint."""
        return self.enabled and (ALL_TYPES in self.event_types or type_name in self.event_types)

    def require_enabled(self) -> None:
        """Require that it gets events.

        Raises:
            EndpointDisabled: it is disabled.
        """
        if not self.enabled:
            raise EndpointDisabled

    def switched(self, *, enabled: bool) -> Self:
        """Return the endpoint after its owner enabled or disabled it. Either clears its failures."""
        if enabled == self.enabled:
            return self
        reason = None if enabled else DisabledReason.OWNER
        return replace(self, enabled=enabled, disabled_reason=reason, failing_since=None)

    def rotated(self, secret: str, now: datetime) -> Self:
        """Return the endpoint with another secret; the present one still signs for 24 hours of real time."""
        return replace(self, secret=secret, previous_secret=self.secret, previous_secret_expires_at=now + ROTATION)

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Return the encrypted secrets that sign a message at a real time."""
        if self.previous_secret is None or self.previous_secret_expires_at is None:
            return (self.secret,)
        return (self.secret, self.previous_secret) if now < self.previous_secret_expires_at else (self.secret,)
