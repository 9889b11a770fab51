"""Notifications of payment providers, and the record that remains of each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.shared.money import Money


class NotificationType(StrEnum):
    SETTLED = "transfer.settled"
    FAILED = "transfer.failed"
    RETURNED = "transfer.returned"


class NotificationOutcome(StrEnum):
    """The effect of a notification.

    APPLIED: the transfer changed. REPEATED: it already had the state. HELD: a return that waits for the settlement.
    REFUSED: the transition is impossible, so nothing changed; operators see it.
    """

    APPLIED = "APPLIED"
    REPEATED = "REPEATED"
    HELD = "HELD"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class TransferEvent:
    """A report of a payment provider or a bank about a transfer.

    Args:
        amount: the amount that moved, if the report names it; another amount than the transfer's is refused.
        failure_code: the reason of a failure or return, such as ``AC04``.
    """

    type: NotificationType
    amount: Money | None = None
    failure_code: str | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """The record of a notification.

    Args:
        id: the provider's event id, which makes the notification count once.
        reason: why it was refused, for operators; else "".
    """

    id: str
    transfer_id: str
    event: TransferEvent
    outcome: NotificationOutcome
    received_at: datetime
    reason: str = ""
