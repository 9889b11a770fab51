"""DynamoDB items of job runs."""

from __future__ import annotations

from chalicelib.dynamodb.attributes import IntegerAttribute, TextAttribute
from chalicelib.dynamodb.model import Item


class JobRunItem(Item):
    """One run of a job; counts and errors are JSON text."""

    class Meta:
        """Table."""

        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    duration = IntegerAttribute()
    counts = TextAttribute()
    errors = TextAttribute()
    expires_at = IntegerAttribute()
