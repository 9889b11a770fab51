"""DynamoDB items of projections, reports and the progress of reconciliations."""

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
    """The counters of a projection at the end of a day, as JSON text."""

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    counts = TextAttribute()


class ClosedItem(Item):
    """The first and the last closed day of a projection."""

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True, default="CLOSED")
    first = DateAttribute()
    through = DateAttribute()


class AppliedItem(Item):
    """A stream record that was counted, by its event key."""

    class Meta:
        table_name = "operations"

    pk = TextAttribute(hash_key=True)
    expires_at = IntegerAttribute()


class ReportItem(Item):
    """A report of one kind and day; its figures are JSON text."""

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    final = FlagAttribute()
    content = TextAttribute()


class SegmentItem(Item):
    """The progress of one segment of a reconciliation, as JSON text."""

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    version = IntegerAttribute()
    state = TextAttribute()
    expires_at = IntegerAttribute()
