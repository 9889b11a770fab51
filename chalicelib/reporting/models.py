"""DynamoDB items of projections, reports and the progress of reconciliations."""

from __future__ import annotations

from chalicelib.dynamodb.attributes import DateAttribute, FlagAttribute, IntegerAttribute, TextAttribute
from chalicelib.dynamodb.model import Item


class CountersItem(Item):
    """The changes of a projection's counters on one day.

    Each counter is an attribute of its own, so that many are moved by one update; they are read from raw items.
    """

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    version = IntegerAttribute(null=True)


class StockItem(Item):
    """What a projection's counters stood at when a day was over, as JSON text."""

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    counts = TextAttribute()


class ClosedItem(Item):
    """Up to which day a projection takes no more changes, and the first day it has."""

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True, default="CLOSED")
    first = DateAttribute()
    through = DateAttribute()


class AppliedItem(Item):
    """The mark of a stream's record that has been counted."""

    class Meta:
        table_name = "operations"

    pk = TextAttribute(hash_key=True)
    expires_at = IntegerAttribute()


class ReportItem(Item):
    """A report of one kind and day: its figures as JSON text, so that it stays as it was written."""

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    final = FlagAttribute()
    content = TextAttribute()


class SegmentItem(Item):
    """How far one part of a reconciliation has come; its state is JSON text."""

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    version = IntegerAttribute()
    state = TextAttribute()
    expires_at = IntegerAttribute()
