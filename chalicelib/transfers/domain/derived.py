"""Transfers of the instant provider, which are not stored: each is derived from its posting and has its id."""

from typing import Final

from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus
from chalicelib.wallets.domain.history import Entry, entries_of
from chalicelib.wallets.domain.ledger import EntryType, Posting

_DIRECTIONS: Final = {EntryType.DEPOSIT: Direction.DEPOSIT, EntryType.WITHDRAWAL: Direction.WITHDRAWAL}


def derived_transfer(user_id: str, entry: Entry) -> Transfer:
    """Return the transfer of a deposit or withdrawal in a wallet's history."""
    return Transfer(
        id=entry.id,
        user_id=user_id,
        direction=_DIRECTIONS[entry.type],
        amount=abs(entry.amount),
        status=TransferStatus.SETTLED,
        reference="",
        created_at=entry.created_at,
        description=entry.description,
        settled_at=entry.created_at,
        transaction_id=entry.id,
    )


def derived_from(posting: Posting) -> Transfer | None:
    """Return the transfer of a wallet's posting; None if it is no deposit or withdrawal, or has a stored transfer.

    The journal of a stored transfer names it as its reference.
    """
    first = entries_of(posting)[0]
    if first.type not in _DIRECTIONS or posting.reference is not None:
        return None
    return derived_transfer(posting.account.partition(":")[2], first)
