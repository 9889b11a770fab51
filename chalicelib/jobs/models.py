"""DynamoDB items of jobs that are not done, and of job runs."""

from typing import Any

from pynamodb.indexes import GlobalSecondaryIndex

from chalicelib.dynamodb.attributes import IntegerAttribute, TextAttribute
from chalicelib.dynamodb.model import DECLARED_IN_TEMPLATE, Item


class OutboxIndex(GlobalSecondaryIndex[Any]):
    """Jobs that are not done, oldest first. Sparse."""

    class Meta:
        index_name = "outbox"
        projection = DECLARED_IN_TEMPLATE

    outbox = TextAttribute(hash_key=True)
    outbox_due = TextAttribute(range_key=True)


class OutboxItem(Item):
    """A job that a transaction has stored: `JOB#subject` / `OUTBOX#kind#key`. The job's last transaction deletes it."""

    class Meta:
        table_name = "loans"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    outbox = TextAttribute()
    outbox_due = TextAttribute()

    by_age = OutboxIndex()


class JobRunItem(Item):
    """One run of a job; counts and errors are JSON text."""

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    duration = IntegerAttribute()
    counts = TextAttribute()
    errors = TextAttribute()
    expires_at = IntegerAttribute()
