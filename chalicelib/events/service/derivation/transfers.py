"""Events of deposits and withdrawals."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from chalicelib.events.domain.event import Event, EventData
from chalicelib.events.service.derivation.stream_record import Record, time_of
from chalicelib.transfers.domain.transfer import Transfer, TransferStatus
from chalicelib.transfers.service.changes import change_of

_FAILURES: Final = (TransferStatus.FAILED, TransferStatus.REJECTED, TransferStatus.EXPIRED)
_CODE: Final = re.compile(r"[A-Z0-9_]{1,35}", re.ASCII)
"""Codes such as ``AC04``. A provider may send another text, which could name a person, so it is left out."""


def derive(record: Record) -> Iterator[Event]:
    """Derive the events of a record of the table `transfers`."""
    change = change_of(record)
    if change is None or (change.before is not None and change.before.status is change.after.status):
        return
    transfer, at = change.after, time_of(record)
    if transfer.status is TransferStatus.SETTLED:
        yield settled(transfer)
    elif transfer.status in _FAILURES:
        yield _event("transfer.failed", transfer, at, {"status": transfer.status.value, **_failure(transfer)})
    elif transfer.status is TransferStatus.RETURNED:
        yield _event("transfer.returned", transfer, transfer.returned_at or at, _failure(transfer))


def settled(transfer: Transfer) -> Event:
    """Return the event of a settled transfer, stored or derived from its posting."""
    return _event("transfer.settled", transfer, transfer.settled_at or transfer.created_at, {})


def _event(type_name: str, transfer: Transfer, at: datetime, more: EventData) -> Event:
    data = {
        "transfer_id": transfer.id,
        "direction": transfer.direction.value,
        "amount": str(transfer.amount),
        **more,
    }
    return Event.of(type_name, at, data, subject=transfer.id, recipients=(transfer.user_id,))


def _failure(transfer: Transfer) -> EventData:
    code = transfer.failure_code or ""
    return {"failure_code": code if _CODE.fullmatch(code) else None}
