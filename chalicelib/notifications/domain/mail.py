"""Emails to send: their states and the times of their attempts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.events.domain.event import EventData

LEASE: Final = timedelta(minutes=2)
"""The time for which one worker may send an email. Afterwards another worker tries again."""
_DELAYS: Final = (timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
TO_PREVIOUS_ADDRESS: Final = "-previous"
MAX_ATTEMPTS: Final = len(_DELAYS) + 1


class MailStatus(StrEnum):
    """States of an email.

    SUPPRESSED: its address is on the suppression list. CANCELLED: the account no longer exists, or its owner has
    switched these emails off. BOUNCED: it could not be delivered. COMPLAINED: its recipient reported it as spam.
    """

    PENDING = "PENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"
    CANCELLED = "CANCELLED"
    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"


@dataclass(frozen=True, slots=True)
class Mail:
    """An email.

    Args:
        key: `<event id>#<user id>`, with `-previous` if it goes to the email address that the event replaced.
        created_at: when the event happened.
        attempt: the number of attempts that have begun.
        due_at: when the next attempt is due, or the lease of the current one ends; None if there is none.
    """

    key: str
    user_id: str
    type: str
    data: EventData
    created_at: datetime
    status: MailStatus
    attempt: int
    due_at: datetime | None

    @property
    def is_to_previous_address(self) -> bool:
        return self.key.endswith(TO_PREVIOUS_ADDRESS)


def delay_after(attempt: int) -> timedelta | None:
    """Return the time between a failed attempt, from 1, and the next one; None after the last one."""
    return _DELAYS[attempt - 1] if attempt < MAX_ATTEMPTS else None
