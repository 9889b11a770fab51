"""The audit trail as DynamoDB items."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from chalicelib.common.items import Item, TextMapAttribute


class AuditItem(Item):
    """An entry; put once, never updated, never deleted. ``pk`` is the day and a shard."""

    class Meta:
        """Table."""

        table_name = "audit"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    actor_id = UnicodeAttribute()
    actor = UnicodeAttribute()
    action = UnicodeAttribute()
    subject = UnicodeAttribute()
    details = TextMapAttribute(default=dict)
    request_id = UnicodeAttribute(null=True)
