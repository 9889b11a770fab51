"""Wallets and ledger postings as DynamoDB items."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import BooleanAttribute, ListAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.common.dynamo import IntegerAttribute, MomentAttribute


class WalletItem(Model):
    """A balance; every change goes through a transaction with its postings."""

    class Meta:
        """Table."""

        table_name = "wallets"

    account = UnicodeAttribute(hash_key=True)
    available_cents = IntegerAttribute(default=0)
    held_cents = IntegerAttribute(default=0)
    frozen = BooleanAttribute(null=True)
    created_at = MomentAttribute(null=True)
    updated_at = MomentAttribute(null=True)
    version = IntegerAttribute(default=0)


class PostingItem(Model):
    """A posting; put once, never updated, never deleted. ``lines`` holds pairs of type and signed cents."""

    class Meta:
        """Table."""

        table_name = "ledger"

    account = UnicodeAttribute(hash_key=True)
    transaction = UnicodeAttribute(range_key=True)
    lines: ListAttribute[Any] = ListAttribute()
    description = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
