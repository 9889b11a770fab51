"""What must follow a transaction, and what many investors have received."""

from __future__ import annotations

from typing import Any

from pynamodb.indexes import GlobalSecondaryIndex

from chalicelib.dynamodb.attributes import IntegerAttribute, PlainListAttribute, TextAttribute
from chalicelib.dynamodb.model import DECLARED_IN_TEMPLATE, Item


class Outbox(GlobalSecondaryIndex[Any]):
    """Work that was not confirmed yet, oldest first. Sparse."""

    class Meta:
        index_name = "outbox"
        projection = DECLARED_IN_TEMPLATE

    outbox = TextAttribute(hash_key=True)
    outbox_due = TextAttribute(range_key=True)


class OutboxItem(Item):
    """Work that a transaction has left to do: `OUTBOX#kind#key`. Deleted with the work's last write."""

    class Meta:
        table_name = "loans"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    outbox = TextAttribute()
    outbox_due = TextAttribute()

    by_age = Outbox()


class PositionsItem(Item):
    """Up to 500 investors of a loan with more than 20: lender, share, received principal and interest."""

    class Meta:
        table_name = "loans"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    investors = PlainListAttribute()


class DistributionItem(Item):
    """What up to 500 investors get of one payment: lender and cents; ``done`` of them are credited."""

    class Meta:
        table_name = "loans"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    credits = PlainListAttribute()
    done = IntegerAttribute()
