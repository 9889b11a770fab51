"""Notifications of payment providers in DynamoDB."""

from typing import Final

from chalicelib.dynamodb.database import Database, Page, already_written
from chalicelib.dynamodb.model import item_absent
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.notification import (
    Notification,
    NotificationOutcome,
    NotificationType,
    TransferEvent,
)
from chalicelib.transfers.models import NotificationItem

_NOTIFICATION: Final = "NOTIFICATION#"
_REFUSED: Final = _NOTIFICATION + NotificationOutcome.REFUSED.value


class NotificationRepository:
    """One record for each event of a provider."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, event_id: str) -> Notification | None:
        item = self._database.get(NotificationItem, _NOTIFICATION + event_id, "NOTIFICATION", consistent=True)
        return None if item is None else _notification(item)

    def add(self, writes: WriteTransaction, notification: Notification) -> None:
        """Add the record of a notification. Committing raises AlreadyWrittenError if it was recorded before."""
        event, is_refused = notification.event, notification.outcome is NotificationOutcome.REFUSED
        item = NotificationItem(
            _NOTIFICATION + notification.id,
            type=event.type.value,
            transfer_id=notification.transfer_id,
            amount_cents=None if event.amount is None else event.amount.cents,
            failure_code=event.failure_code,
            outcome=notification.outcome.value,
            reason=notification.reason or None,
            received_at=notification.received_at,
            listed=new_id(notification.received_at) if is_refused else None,
            status_key=_REFUSED if is_refused else None,
        )
        writes.put(item, when=item_absent(NotificationItem), on_condition_failed=already_written)

    def page_of_refused(self, *, limit: int, before: str | None = None) -> tuple[Page[Notification], str | None]:
        """Read refused notifications, newest first, and the position that the next page follows."""
        where = NotificationItem.listed < before if before else None
        page = self._database.query(
            NotificationItem, _REFUSED, where, index=NotificationItem.by_status, limit=limit, newest_first=True
        )
        last = page.items[-1].listed if page.items and page.last_key else None
        return Page(tuple(map(_notification, page.items)), page.last_key), last


def _notification(item: NotificationItem) -> Notification:
    amount = None if item.amount_cents is None else Money(item.amount_cents)
    return Notification(
        id=item.pk.removeprefix(_NOTIFICATION),
        transfer_id=item.transfer_id,
        event=TransferEvent(NotificationType(item.type), amount, item.failure_code),
        outcome=NotificationOutcome(item.outcome),
        received_at=item.received_at,
        reason=item.reason or "",
    )
