"""DynamoDB items of the audit trail."""

from chalicelib.dynamodb.attributes import TextAttribute, TextMapAttribute
from chalicelib.dynamodb.model import Item


class AuditItem(Item):
    """An entry, never updated or deleted. ``pk`` is the day and a shard."""

    class Meta:
        table_name = "audit"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    actor_id = TextAttribute()
    actor = TextAttribute()
    action = TextAttribute()
    subject = TextAttribute()
    details = TextMapAttribute()
    request_id = TextAttribute(null=True)
