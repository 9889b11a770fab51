"""Suppressed addresses in DynamoDB."""

from collections.abc import Iterable
from typing import Final

from chalicelib.dynamodb.database import Database, Page, already_written
from chalicelib.dynamodb.model import item_absent, item_exists
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.notifications.domain.suppression import (
    SuppressedAddress,
    SuppressedAddressNotFound,
    SuppressionReason,
)
from chalicelib.notifications.models import SuppressedItem
from chalicelib.shared.clock import rfc3339

_SUPPRESSED: Final = "SUPPRESSED"
_PREFIX: Final = _SUPPRESSED + "#"


class SuppressionRepository:
    """One item for each address, and a list of all of them by time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def find(self, address_id: str) -> SuppressedAddress | None:
        """Read an address consistently."""
        item = self._database.get(SuppressedItem, _PREFIX + address_id, _SUPPRESSED, consistent=True)
        return None if item is None else _address(item)

    def add(self, writes: WriteTransaction, address: SuppressedAddress) -> None:
        """Add an address to a transaction. Committing raises AlreadyWrittenError if it is on the list."""
        item = SuppressedItem(
            _PREFIX + address.id,
            user_id=address.user_id,
            reason=address.reason.value,
            suppressed_at=address.suppressed_at,
            listed=f"{rfc3339(address.suppressed_at)}#{address.id}",
        )
        writes.put(item, when=item_absent(SuppressedItem), on_condition_failed=already_written)

    def add_removal(self, writes: WriteTransaction, address_id: str) -> None:
        """Add the removal of an address. Committing raises SuppressedAddressNotFound if it is not on the list."""
        item = SuppressedItem(_PREFIX + address_id)
        writes.delete(item, when=item_exists(SuppressedItem), on_condition_failed=lambda _: SuppressedAddressNotFound())

    def page(self, *, limit: int, before: str | None = None) -> tuple[Page[SuppressedAddress], str | None]:
        """Read addresses, newest first, and the position that the next page follows."""
        where = SuppressedItem.listed < before if before else None
        page = self._database.query(
            SuppressedItem, _SUPPRESSED, where, index=SuppressedItem.by_list, limit=limit, newest_first=True
        )
        last = page.items[-1].listed if page.items and page.last_key else None
        return Page(tuple(self._in_order(page.items)), page.last_key), last

    def _in_order(self, listed: Iterable[SuppressedItem]) -> list[SuppressedAddress]:
        """Read the items of the index's keys; one that was removed meanwhile is left out."""
        keys = [(item.pk, item.sk) for item in listed]
        found = self._database.get_mixed({_SUPPRESSED: SuppressedItem}, keys) if keys else []
        by_key = {item.pk: _address(item) for item in found if isinstance(item, SuppressedItem)}
        return [by_key[partition] for partition, _ in keys if partition in by_key]


def _address(item: SuppressedItem) -> SuppressedAddress:
    return SuppressedAddress(
        id=item.pk.removeprefix(_PREFIX),
        user_id=item.user_id,
        reason=SuppressionReason(item.reason),
        suppressed_at=item.suppressed_at,
    )
