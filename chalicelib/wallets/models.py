"""Wallets and ledger postings as DynamoDB items."""

from chalicelib.dynamodb.attributes import (
    FlagAttribute,
    IntegerAttribute,
    PlainListAttribute,
    TextAttribute,
    TimestampAttribute,
)
from chalicelib.dynamodb.model import Item


class WalletItem(Item):
    """A balance; every change goes through a transaction with its postings."""

    class Meta:
        table_name = "wallets"

    account = TextAttribute(hash_key=True)
    available_cents = IntegerAttribute(default=0)
    reserved_cents = IntegerAttribute(default=0)
    receivable_cents = IntegerAttribute(null=True)
    frozen = FlagAttribute(null=True)
    tokens_valid_from = IntegerAttribute(null=True)
    open_requests = IntegerAttribute(null=True)
    exposure_cents = IntegerAttribute(null=True)
    created_at = TimestampAttribute(null=True)
    updated_at = TimestampAttribute(null=True)
    version = IntegerAttribute(default=0)


class PostingItem(Item):
    """A posting; put once, never updated, never deleted.

    ``lines`` holds lists of type, signed cents and, for a loan payment, the cents of interest.
    """

    class Meta:
        table_name = "ledger"

    account = TextAttribute(hash_key=True)
    transaction = TextAttribute(range_key=True)
    lines = PlainListAttribute()
    description = TextAttribute(null=True)
    reference = TextAttribute(null=True)
    payment_id = TextAttribute(null=True)
