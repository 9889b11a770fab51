"""DynamoDB items of the audit trail."""

from chalicelib.dynamodb.attributes import IntegerAttribute, TextAttribute, TextMapAttribute
from chalicelib.dynamodb.model import Item


class AuditItem(Item):
    """An entry, never updated or deleted by a request. ``pk`` is the day and a partition."""

    class Meta:
        table_name = "audit"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    actor_id = TextAttribute(null=True)
    actor = TextAttribute(null=True)
    action = TextAttribute()
    subject = TextAttribute()
    details = TextMapAttribute()
    request_id = TextAttribute(null=True)
    expires_at = IntegerAttribute(null=True)
