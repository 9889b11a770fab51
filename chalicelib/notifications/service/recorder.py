"""Record notifications and emails together with their events."""

from collections.abc import Sequence

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.event import Event
from chalicelib.jobs.queue import BackgroundJob


class NotificationRecorder:
    """Adds notifications to the transactions that record events (the port `Inbox`)."""

    def add(self, writes: WriteTransaction, user_id: str, event: Event) -> Sequence[BackgroundJob]:
        """Add nothing: no type has a notification yet."""
        return ()
