"""Notifications by user, and the number of unread ones."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from pynamodb.constants import NUMBER

from chalicelib.dynamodb.attributes import TimestampAttribute
from chalicelib.dynamodb.database import Database, Key, Page
from chalicelib.dynamodb.expressions import PreparedCondition, PreparedUpdate, placeholder
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.event import RETENTION, Event
from chalicelib.notifications.domain.notification import Notification
from chalicelib.notifications.models import InboxItem, NotificationItem
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import moment_of

_USER: Final = "USER#"
_NOTIFICATION: Final = "NOTIFICATION#"
_INBOX: Final = "INBOX"
_KEPT_AFTER_READING: Final = timedelta(days=30)
_ADD_UNREAD: Final = PreparedUpdate(InboxItem.unread.add(placeholder("number")))
_SET_READ: Final = PreparedUpdate(
    NotificationItem.read_at.set(placeholder("at", NUMBER, TimestampAttribute().serialize)),
    NotificationItem.expires_at.set(placeholder("expires_at")),
    NotificationItem.list_key.remove(),
    NotificationItem.listed.remove(),
)
_IS_UNREAD: Final = PreparedCondition(NotificationItem.pk.exists() & NotificationItem.read_at.does_not_exist())


class InboxRepository:
    """Notifications. The number of unread ones changes in the transaction that adds or reads them."""

    def __init__(self, database: Database, real_time: Clock) -> None:
        self._database = database
        self._real_time = real_time

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def add(self, writes: WriteTransaction, user_id: str, event: Event) -> None:
        """Add an unread notification to a transaction that requires that the user does not have the event yet."""
        item = NotificationItem(
            _USER + user_id,
            _NOTIFICATION + event.id,
            type=event.type,
            data=event.data_text(),
            list_key=_unread_key(user_id),
            listed=event.id,
        )
        writes.put(item)
        writes.update(InboxItem(_USER + user_id), _ADD_UNREAD(number=1))

    def add_read(self, writes: WriteTransaction, user_id: str, ids: Sequence[str], at: datetime) -> None:
        """Add that the user reads some unread notifications; nothing without ids.

        Committing raises OptimisticLockError if one of them has been read since.

        Args:
            writes: the transaction.
            user_id: the owner.
            ids: ids of different notifications.
            at: business time.
        """
        if not ids:
            return
        now = self._real_time()
        for notification_id in ids:
            expires = max(moment_of(notification_id) + RETENTION, now + _KEPT_AFTER_READING)
            writes.update(
                NotificationItem(_USER + user_id, _NOTIFICATION + notification_id),
                _SET_READ(at=at, expires_at=int(expires.timestamp())),
                when=_IS_UNREAD(),
            )
        writes.update(InboxItem(_USER + user_id), _ADD_UNREAD(number=-len(ids)))

    def unread_count(self, user_id: str) -> int:
        """Read the number of unread notifications consistently."""
        item = self._database.get(InboxItem, _USER + user_id, _INBOX, consistent=True)
        return 0 if item is None else item.unread

    def page(
        self, user_id: str, *, limit: int, after: Key | None = None, consistent: bool = False
    ) -> Page[Notification]:
        """Read notifications, newest first."""
        page = self._database.query(
            NotificationItem,
            _USER + user_id,
            NotificationItem.sk.startswith(_NOTIFICATION),
            limit=limit,
            newest_first=True,
            after=after,
            consistent=consistent,
        )
        return Page(tuple(map(_notification, page.items)), page.last_key)

    def unread_ids(self, user_id: str, *, limit: int, after: Key | None = None) -> Page[str]:
        """Read ids of unread notifications, newest first, by an index that lags behind the table."""
        page = self._database.query(
            NotificationItem,
            _unread_key(user_id),
            index=NotificationItem.by_list,
            limit=limit,
            newest_first=True,
            after=after,
        )
        return Page(tuple(item.sk.removeprefix(_NOTIFICATION) for item in page.items), page.last_key)

    def find_many(self, user_id: str, ids: Iterable[str], *, consistent: bool = False) -> list[Notification]:
        """Read up to 100 notifications of a user, newest first; those that do not exist are left out."""
        keys = [(_USER + user_id, _NOTIFICATION + each) for each in dict.fromkeys(ids)]
        if not keys:
            return []
        found = self._database.get_mixed({"NOTIFICATION": NotificationItem}, keys, consistent=consistent)
        notifications = [_notification(item) for item in found if isinstance(item, NotificationItem)]
        return sorted(notifications, key=lambda each: each.id, reverse=True)


def _unread_key(user_id: str) -> str:
    return f"UNREAD#{user_id}"


def _notification(item: NotificationItem) -> Notification:
    event_id = item.sk.removeprefix(_NOTIFICATION)
    return Notification(event_id, item.type, moment_of(event_id), json.loads(item.data), item.read_at)
