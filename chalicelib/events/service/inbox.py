"""The port by which notifications join the transaction that records an event."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.event import Event
from chalicelib.jobs.queue import BackgroundJob


class Inbox(Protocol):
    """Notifies users of events. The container fills it, because notifications depend on events."""

    def add(self, writes: WriteTransaction, user_id: str, event: Event) -> Sequence[BackgroundJob]:
        """Add the notification and the email of an event to the transaction that records it.

        The transaction requires that the recipient does not have the event yet, so both are added once.

        Returns:
            The jobs to send after the commit.
        """
