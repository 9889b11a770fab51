"""Deliveries of events to webhook endpoints: their attempts, and the schedule of retries."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, Self

from chalicelib.events.domain.event import Event
from chalicelib.events.domain.webhook import DeliveryStatus
from chalicelib.shared.errors import NotFound

DELAYS: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The time between each attempt and the previous one."""
FAILING_LIMIT: Final = timedelta(hours=72)
"""An endpoint whose attempts have failed for longer than this, without a success, is disabled."""
KEPT_ATTEMPTS: Final = 20


class DeliveryNotFound(NotFound):
    code = "delivery_not_found"
    detail = "Delivery not found."


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver an event.

    Args:
        at: when it began, in real time.
        status_code: of the response; None if none arrived.
        error: why none arrived, in snake case.
        response_excerpt: the beginning of the response's body.
    """

    at: datetime
    status_code: int | None
    error: str | None
    duration_ms: int
    response_excerpt: str = ""

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def is_gone(self) -> bool:
        """The receiver wants no more events."""
        return self.status_code == HTTPStatus.GONE


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery of an event to an endpoint. Its id is the event's id, which every attempt sends as `webhook-id`.

    Args:
        attempt: the number of attempts since it was created or sent again.
        next_attempt_at: in real time; None if it isn't pending.
        attempts: the last ones, oldest first.
    """

    endpoint_id: str
    user_id: str
    event: Event
    status: DeliveryStatus
    created_at: datetime
    next_attempt_at: datetime | None
    attempt: int = 0
    attempts: tuple[Attempt, ...] = ()
    version: int = 1

    @property
    def is_pending(self) -> bool:
        return self.status is DeliveryStatus.PENDING

    def is_due(self, now: datetime) -> bool:
        """Return True if an attempt is due at a real time."""
        return self.is_pending and self.next_attempt_at is not None and self.next_attempt_at <= now

    def after(self, attempt: Attempt, now: datetime, *, is_last: bool = False) -> Self:
        """Return the delivery after an attempt.

        Args:
            attempt: the attempt. A success counts in every state, a failure only while the delivery is pending.
            now: real time, from which the next attempt counts.
            is_last: there is no next attempt, because the endpoint is disabled.
        """
        number = self.attempt + 1
        changed = replace(self, attempts=(*self.attempts, attempt)[-KEPT_ATTEMPTS:], attempt=number)
        if attempt.is_success:
            return replace(changed, status=DeliveryStatus.SUCCEEDED, next_attempt_at=None)
        if not self.is_pending:
            return changed
        if is_last or number >= len(DELAYS):
            return changed.given_up()
        return replace(changed, next_attempt_at=now + DELAYS[number])

    def given_up(self) -> Self:
        """Return the delivery without further attempts."""
        return replace(self, status=DeliveryStatus.FAILED, next_attempt_at=None)

    def sent_again(self, now: datetime) -> Self:
        """Return the delivery as due now, at the start of the schedule."""
        return replace(self, status=DeliveryStatus.PENDING, next_attempt_at=now, attempt=0)


def message_body(event: Event) -> bytes:
    """Return the body of an event's message: the event as the API returns it."""
    return json.dumps(event.document(), separators=(",", ":"), ensure_ascii=False).encode()
