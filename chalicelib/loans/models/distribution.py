"""DynamoDB items of loans with more than 20 investors."""

from chalicelib.dynamodb.attributes import IntegerAttribute, PlainListAttribute, TextAttribute
from chalicelib.dynamodb.model import Item


class PositionsItem(Item):
    """Positions of up to 500 investors: lender, share, received principal, received interest."""

    class Meta:
        table_name = "loans"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    investors = PlainListAttribute()


class DistributionItem(Item):
    """Shares of up to 500 investors in one payment: lender and cents. The first ``done`` of them are credited."""

    class Meta:
        table_name = "loans"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    credits = PlainListAttribute()
    done = IntegerAttribute()
