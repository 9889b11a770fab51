"""Notifications, preferences, emails and suppressed addresses as DynamoDB items."""

from chalicelib.dynamodb.attributes import IntegerAttribute, TextAttribute, TimestampAttribute
from chalicelib.events.models import ByList, ByNextAttempt, EventsTable


class NotificationItem(EventsTable):
    """A notification: `USER#id` / `NOTIFICATION#<event id>`. ``data`` is JSON; the id has the time.

    In the list `UNREAD#<user>` until it is read. Only read ones expire, so that the number of unread ones stays exact.
    """

    type = TextAttribute()
    data = TextAttribute()
    read_at = TimestampAttribute(null=True)
    list_key = TextAttribute(null=True)
    listed = TextAttribute(null=True)
    expires_at = IntegerAttribute(null=True)

    by_list = ByList()


class InboxItem(EventsTable):
    """The number of unread notifications: `USER#id` / `INBOX`."""

    sk = TextAttribute(range_key=True, default="INBOX")
    unread = IntegerAttribute()


class PreferencesItem(EventsTable):
    """The types that a user has switched on (1) or off (0), by channel: `USER#id` / `PREFERENCES`. JSON objects."""

    sk = TextAttribute(range_key=True, default="PREFERENCES")
    in_app = TextAttribute()
    email = TextAttribute()
    version = IntegerAttribute()


class MailItem(EventsTable):
    """An email: `MAIL#<event id>#<user id>` / `MAIL`. It is rendered when it is sent; nothing personal is stored.

    ``pending_shard`` (`MAIL`) and ``next_attempt`` exist while it is to be sent, ``lease_owner`` and ``lease_until``
    while a worker sends it.
    """

    sk = TextAttribute(range_key=True, default="MAIL")
    user_id = TextAttribute()
    type = TextAttribute()
    data = TextAttribute()
    status = TextAttribute()
    attempt = IntegerAttribute()
    error = TextAttribute(null=True)
    lease_owner = TextAttribute(null=True)
    lease_until = TimestampAttribute(null=True)
    pending_shard = TextAttribute(null=True)
    next_attempt = TextAttribute(null=True)
    expires_at = IntegerAttribute()

    by_next_attempt = ByNextAttempt()


class SuppressedItem(EventsTable):
    """An address that gets no email: `SUPPRESSED#<hmac of the address>` / `SUPPRESSED`. In the list `SUPPRESSED`."""

    sk = TextAttribute(range_key=True, default="SUPPRESSED")
    user_id = TextAttribute(null=True)
    reason = TextAttribute()
    suppressed_at = TimestampAttribute()
    list_key = TextAttribute(default="SUPPRESSED")
    listed = TextAttribute()

    by_list = ByList()
