"""Payouts in DynamoDB."""

from typing import Final

from chalicelib.dynamodb.database import Database, Page, already_written
from chalicelib.dynamodb.model import item_absent
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.payout import Payout
from chalicelib.transfers.models import PayoutItem

_PAYOUT: Final = "PAYOUT#"
_LISTED: Final = "PAYOUT"


class PayoutRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, payout_id: str) -> Payout | None:
        """Read a payout consistently."""
        item = self._database.get(PayoutItem, _PAYOUT + payout_id, _LISTED, consistent=True)
        return None if item is None else _payout(item)

    def add(self, writes: WriteTransaction, payout: Payout) -> None:
        """Add a new payout. Committing raises AlreadyWrittenError if its id exists."""
        item = PayoutItem(
            _PAYOUT + payout.id,
            listed=payout.id,
            created_at=payout.created_at,
            total_cents=payout.total.cents,
            transfer_ids=list(payout.transfer_ids),
            skipped=dict(payout.skipped),
            has_more=payout.has_more,
        )
        writes.put(item, when=item_absent(PayoutItem), on_condition_failed=already_written)

    def page(self, *, limit: int, before: str | None = None) -> Page[Payout]:
        """Read payouts, newest first, older than the payout ``before``."""
        where = PayoutItem.listed < before if before else None
        page = self._database.query(
            PayoutItem, _LISTED, where, index=PayoutItem.by_status, limit=limit, newest_first=True
        )
        return Page(tuple(map(_payout, page.items)), page.last_key)


def _payout(item: PayoutItem) -> Payout:
    return Payout(
        id=item.listed,
        created_at=item.created_at,
        total=Money(item.total_cents),
        transfer_ids=tuple(item.transfer_ids),
        skipped=item.skipped,
        has_more=item.has_more,
    )
