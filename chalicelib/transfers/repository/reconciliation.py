"""Reads of the transfers table for reconciliation only."""

from typing import Final

from chalicelib.dynamodb.database import Database, Key, Page
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus
from chalicelib.transfers.models import TransferItem
from chalicelib.transfers.repository.transfers import transfer_of

_TRANSFER: Final = "TRANSFER"
_OPEN: Final = (TransferStatus.REQUESTED.value, TransferStatus.SUBMITTED.value)


class TransferReconciliationRepository:
    """Reads of all transfers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def scan(self, segment: int, segments: int, *, limit: int, after: Key | None) -> Page[Transfer]:
        """Read one page of one of ``segments`` parts of the table. It may have no transfers and not be the last."""
        pages = self._database.scan(
            TransferItem, segment, segments, only=TransferItem.sk == _TRANSFER, limit=limit, after=after
        )
        page = next(pages)
        return Page(tuple(transfer_of(TransferItem.from_raw_data(item)) for item in page.items), page.last_key)

    def open_withdrawals(self, user_id: str) -> Money:
        """Return the total of a user's withdrawals that are requested or submitted, from an index that may lag."""
        items = self._database.query_all(
            TransferItem,
            user_id,
            index=TransferItem.by_user,
            only=(TransferItem.direction == Direction.WITHDRAWAL.value) & TransferItem.status.is_in(*_OPEN),
        )
        return Money(sum(item.amount_cents for item in items))
