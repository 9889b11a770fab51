"""Transfers in DynamoDB."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pynamodb.constants import STRING

from chalicelib.dynamodb.attributes import RawItem
from chalicelib.dynamodb.database import Database, OnConditionFailed, Page, already_written, optimistic_lock_failed
from chalicelib.dynamodb.expressions import PreparedCondition, all_of, placeholder
from chalicelib.dynamodb.model import item_absent
from chalicelib.dynamodb.transaction import IDEMPOTENCY_PRECEDENCE, WriteTransaction
from chalicelib.shared.ids import first_id_of
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus
from chalicelib.transfers.models import ReferenceItem, TransferItem

_TRANSFER: Final = "TRANSFER#"
_USER: Final = "USER#"
_REFERENCE: Final = "REFERENCE"


def _unchanged() -> PreparedCondition:
    """The transfer has the status and the version that were read."""
    version: Any = TransferItem.version
    return PreparedCondition(
        (TransferItem.status == placeholder("status", STRING)) & (version == placeholder("version"))
    )


_UNCHANGED: Final = _unchanged()


@dataclass(frozen=True, slots=True)
class ReferenceOwner:
    """The transfer or the user that a creditor reference names."""

    transfer_id: str | None = None
    user_id: str | None = None


class TransferRepository:
    """Transfers by id, user, status and reference. The indexes lag behind by moments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def find(self, transfer_id: str) -> Transfer | None:
        """Read a transfer consistently."""
        item = self._database.get(TransferItem, _TRANSFER + transfer_id, "TRANSFER", consistent=True)
        return None if item is None else transfer_of(item)

    def find_many(self, transfer_ids: Iterable[str]) -> dict[str, Transfer]:
        """Read up to 100 transfers by id consistently; unknown ids are missing."""
        keys = [(_TRANSFER + transfer_id, "TRANSFER") for transfer_id in dict.fromkeys(transfer_ids)]
        items = self._database.get_mixed({"TRANSFER": TransferItem}, keys, consistent=True) if keys else []
        found = [transfer_of(item) for item in items if isinstance(item, TransferItem)]
        return {transfer.id: transfer for transfer in found}

    def add(self, writes: WriteTransaction, transfer: Transfer) -> None:
        """Add a new transfer. Committing raises AlreadyWrittenError if its id exists."""
        writes.put(_item(transfer), when=item_absent(TransferItem), on_condition_failed=already_written)

    def add_transition(
        self,
        writes: WriteTransaction,
        before: Transfer,
        after: Transfer,
        *,
        on_condition_failed: OnConditionFailed = optimistic_lock_failed,
    ) -> None:
        """Add the transfer as it is after a change, on condition that it still is as it was read before.

        Committing raises OptimisticLockError otherwise: read again and decide again. That takes precedence over the
        conditions of wallets: money that another transition has moved is missing there too.
        """
        unchanged = _UNCHANGED(status=before.status.value, version=before.version)
        writes.put(
            _item(after),
            when=unchanged,
            on_condition_failed=on_condition_failed,
            precedence=IDEMPOTENCY_PRECEDENCE,
        )

    def page_of_user(
        self,
        user_id: str,
        *,
        limit: int,
        before: str | None = None,
        direction: Direction | None = None,
        status: TransferStatus | None = None,
    ) -> Page[Transfer]:
        """Read a user's transfers, newest first, older than the transfer ``before``.

        The list ends where ``last_key`` is None; a filter can give fewer transfers than ``limit`` without ending it.
        """
        only = all_of(
            (
                TransferItem.direction == direction.value if direction else None,
                TransferItem.status == status.value if status else None,
            )
        )
        where = TransferItem.listed < before if before else None
        page = self._database.query(
            TransferItem, user_id, where, only=only, index=TransferItem.by_user, limit=limit, newest_first=True
        )
        return Page(tuple(map(transfer_of, page.items)), page.last_key)

    def page_by_status(
        self,
        direction: Direction,
        status: TransferStatus,
        *,
        limit: int,
        before: str | None = None,
        after: str | None = None,
        created_before: datetime | None = None,
        newest_first: bool = True,
    ) -> Page[Transfer]:
        """Read transfers of one direction and status.

        Args:
            before, after: ids between which the transfers lie, exclusive; give up to one of them.
            created_before: only transfers that were created before this moment; not together with the ids.
        """
        listed = TransferItem.listed
        upto = first_id_of(created_before) if created_before else before
        where = listed < upto if upto else listed > after if after else None
        page = self._database.query(
            TransferItem,
            status_key(direction, status),
            where,
            index=TransferItem.by_status,
            limit=limit,
            newest_first=newest_first,
        )
        return Page(tuple(map(transfer_of, page.items)), page.last_key)

    def find_reference(self, reference: str) -> ReferenceOwner | None:
        """Return what an electronic creditor reference (no spaces, capital letters) names."""
        page = self._database.query(TransferItem, reference, index=TransferItem.by_reference, limit=1)
        if not page.items:
            return None
        partition = page.items[0].pk
        if partition.startswith(_USER):
            return ReferenceOwner(user_id=partition.removeprefix(_USER))
        return ReferenceOwner(transfer_id=partition.removeprefix(_TRANSFER))

    def add_user_reference(self, writes: WriteTransaction, user_id: str, reference: str) -> None:
        """Add a user's permanent reference. It is derived, so writing it again changes nothing."""
        writes.put(ReferenceItem(_USER + user_id, reference=reference))

    def has_user_reference(self, user_id: str) -> bool:
        return self._database.get(ReferenceItem, _USER + user_id, _REFERENCE) is not None


def status_key(direction: Direction, status: TransferStatus) -> str:
    """Return the partition of the index by status."""
    return f"{direction.value}#{status.value}"


def _item(transfer: Transfer) -> TransferItem:
    return TransferItem(
        _TRANSFER + transfer.id,
        user_id=transfer.user_id,
        listed=transfer.id,
        status_key=status_key(transfer.direction, transfer.status),
        reference=transfer.reference,
        direction=transfer.direction.value,
        amount_cents=transfer.amount.cents,
        status=transfer.status.value,
        description=transfer.description or None,
        bank_account_id=transfer.bank_account_id,
        destination=transfer.destination,
        failure_code=transfer.failure_code,
        created_at=transfer.created_at,
        submitted_at=transfer.submitted_at,
        settled_at=transfer.settled_at,
        returned_at=transfer.returned_at,
        transaction_id=transfer.transaction_id,
        return_transaction_id=transfer.return_transaction_id,
        payout_id=transfer.payout_id,
        held_return=transfer.held_return,
        version=transfer.version,
    )


def transfer_of_image(image: RawItem) -> Transfer | None:
    """Return the transfer of an item in DynamoDB's notation; None for other items."""
    is_transfer = str(image["pk"]["S"]).startswith(_TRANSFER)
    return transfer_of(TransferItem.from_raw_data(image)) if is_transfer else None


def transfer_of(item: TransferItem) -> Transfer:
    return Transfer(
        id=item.pk.removeprefix(_TRANSFER),
        user_id=item.user_id,
        direction=Direction(item.direction),
        amount=Money(item.amount_cents),
        status=TransferStatus(item.status),
        reference=item.reference,
        created_at=item.created_at,
        description=item.description or "",
        bank_account_id=item.bank_account_id,
        destination=item.destination,
        failure_code=item.failure_code,
        submitted_at=item.submitted_at,
        settled_at=item.settled_at,
        returned_at=item.returned_at,
        transaction_id=item.transaction_id,
        return_transaction_id=item.return_transaction_id,
        payout_id=item.payout_id,
        held_return=item.held_return,
        version=item.version,
    )
