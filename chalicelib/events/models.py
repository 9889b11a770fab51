"""Events, webhook endpoints and deliveries as DynamoDB items."""

from typing import Any

from pynamodb.indexes import GlobalSecondaryIndex

from chalicelib.dynamodb.attributes import FlagAttribute, IntegerAttribute, TextAttribute, TimestampAttribute
from chalicelib.dynamodb.model import DECLARED_IN_TEMPLATE, Item


class ByNextAttempt(GlobalSecondaryIndex[Any]):
    """Items that wait for an attempt, by subject and time: `<subject>#<ISO time in ms>`. Sparse, keys only.

    Shards are `DELIVERY#0` to `DELIVERY#7` (subject: the endpoint), `MAIL` (the mail's key), `FANOUT` and `BUS`
    (the event).
    """

    class Meta:
        index_name = "by_next_attempt"
        projection = DECLARED_IN_TEMPLATE

    pending_shard = TextAttribute(hash_key=True)
    next_attempt = TextAttribute(range_key=True)


class ByList(GlobalSecondaryIndex[Any]):
    """Lists: `UNREAD#<user>` by event id, `DELIVERY#FAILED` by event id, `SUPPRESSED`. Sparse, keys only."""

    class Meta:
        index_name = "by_list"
        projection = DECLARED_IN_TEMPLATE

    list_key = TextAttribute(hash_key=True)
    listed = TextAttribute(range_key=True)


class EventsTable(Item):
    """The table and the primary key of all its items. Items with ``expires_at`` (seconds since 1970) expire."""

    class Meta:
        table_name = "events"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)


class PendingItem(EventsTable):
    """The keys of an item of any kind that waits for an attempt, as the index has them."""

    pending_shard = TextAttribute()
    next_attempt = TextAttribute()

    by_next_attempt = ByNextAttempt()


class EventItem(EventsTable):
    """An event of one recipient: `USER#id` / `EVENT#<event id>`. ``data`` is JSON; the id has the time."""

    type = TextAttribute()
    data = TextAttribute()
    expires_at = IntegerAttribute()


class EndpointItem(EventsTable):
    """A webhook endpoint: `USER#id` / `ENDPOINT#<id>`, with the lease of the worker that drains it.

    ``event_types`` is a JSON list; secrets are encrypted; ``lease_owner`` and ``lease_until`` exist while a worker
    holds it, ``wanted`` if another worker came meanwhile.
    """

    url = TextAttribute()
    event_types = TextAttribute()
    description = TextAttribute(null=True)
    enabled = FlagAttribute()
    disabled_reason = TextAttribute(null=True)
    created_at = TimestampAttribute()
    secret = TextAttribute()
    previous_secret = TextAttribute(null=True)
    previous_secret_expires_at = TimestampAttribute(null=True)
    failing_since = TimestampAttribute(null=True)
    lease_owner = TextAttribute(null=True)
    lease_until = TimestampAttribute(null=True)
    wanted = FlagAttribute(null=True)
    version = IntegerAttribute()


class EndpointsItem(EventsTable):
    """The counter of endpoints that a user has ever created: `USER#id` / `ENDPOINTS`. ``version`` is the number."""

    sk = TextAttribute(range_key=True, default="ENDPOINTS")
    version = IntegerAttribute()


class DeliveryItem(EventsTable):
    """The delivery of an event to an endpoint: `ENDPOINT#id` / `DELIVERY#<event id>`.

    ``data`` is the event's data, ``attempts`` a JSON list of the last attempts, ``attempt`` the number of attempts in
    this round. ``pending_shard`` and ``next_attempt`` exist while it is pending.
    """

    user_id = TextAttribute()
    type = TextAttribute()
    data = TextAttribute()
    status = TextAttribute()
    attempts = TextAttribute()
    attempt = IntegerAttribute()
    created_at = TimestampAttribute()
    pending_shard = TextAttribute(null=True)
    next_attempt = TextAttribute(null=True)
    list_key = TextAttribute(null=True)
    listed = TextAttribute(null=True)
    expires_at = IntegerAttribute()
    version = IntegerAttribute()

    by_next_attempt = ByNextAttempt()
    by_list = ByList()


class FanOutItem(EventsTable):
    """An event that all lenders of a loan get: `FANOUT#<event id>` / `FANOUT`. Deleted when all have it.

    ``after`` is the lender up to whom it is published.
    """

    sk = TextAttribute(range_key=True, default="FANOUT")
    type = TextAttribute()
    data = TextAttribute()
    loan_id = TextAttribute()
    after = TextAttribute(null=True)
    pending_shard = TextAttribute(default="FANOUT")
    next_attempt = TextAttribute()
    expires_at = IntegerAttribute()

    by_next_attempt = ByNextAttempt()


class BusItem(EventsTable):
    """An event that the event bus has not accepted: `BUS#<event id>` / `BUS`. Deleted once it has."""

    sk = TextAttribute(range_key=True, default="BUS")
    type = TextAttribute()
    data = TextAttribute()
    pending_shard = TextAttribute(default="BUS")
    next_attempt = TextAttribute()
    expires_at = IntegerAttribute()

    by_next_attempt = ByNextAttempt()
