"""Wallets and ledger postings as DynamoDB items."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute

from chalicelib.dynamodb.attributes import IntegerAttribute, PlainListAttribute, TextAttribute, TimestampAttribute
from chalicelib.dynamodb.model import Item


class WalletItem(Item):
    """A balance; every change goes through a transaction with its postings."""

    class Meta:
        """Table."""

        table_name = "wallets"

    account = TextAttribute(hash_key=True)
    available_cents = IntegerAttribute(default=0)
    held_cents = IntegerAttribute(default=0)
    frozen = BooleanAttribute(null=True)
    created_at = TimestampAttribute(null=True)
    updated_at = TimestampAttribute(null=True)
    version = IntegerAttribute(default=0)


class PostingItem(Item):
    """A posting; put once, never updated, never deleted. ``lines`` holds pairs of type and signed cents."""

    class Meta:
        """Table."""

        table_name = "ledger"

    account = TextAttribute(hash_key=True)
    transaction = TextAttribute(range_key=True)
    lines = PlainListAttribute()
    description = TextAttribute(null=True)
    reference = TextAttribute(null=True)
