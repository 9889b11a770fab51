"""DynamoDB items of projections, reports and the progress of reconciliations."""

from chalicelib.dynamodb.attributes import DateAttribute, FlagAttribute, IntegerAttribute, TextAttribute
from chalicelib.dynamodb.model import Item


class ReportsTable(Item):
    """The table and the primary key of all items of reports."""

    class Meta:
        table_name = "reports"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)


class CountersItem(ReportsTable):
    """The changes of a projection's counters on one day.

    Each counter is an attribute of its own, so that many are moved by one update; they are read from raw items.
    """

    version = IntegerAttribute(null=True)


class StockItem(ReportsTable):
    """The counters of a projection at the end of a day, as JSON text."""

    counts = TextAttribute()


class ClosedItem(ReportsTable):
    """The first and the last closed day of a projection."""

    sk = TextAttribute(range_key=True, default="CLOSED")
    first = DateAttribute()
    through = DateAttribute()


class AppliedItem(Item):
    """A stream record that was counted, by its event key."""

    class Meta:
        table_name = "operations"

    pk = TextAttribute(hash_key=True)
    expires_at = IntegerAttribute()


class ReportItem(ReportsTable):
    """A report of one kind and day; its figures are JSON text."""

    final = FlagAttribute()
    content = TextAttribute()


class SegmentItem(ReportsTable):
    """The progress of one segment of a reconciliation, as JSON text."""

    version = IntegerAttribute()
    state = TextAttribute()
    expires_at = IntegerAttribute()
