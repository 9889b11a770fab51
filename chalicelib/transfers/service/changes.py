"""Changes of transfers from records of the table's stream, for readers in higher features."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.transfers.domain.transfer import Transfer
from chalicelib.transfers.repository.transfers import transfer_of_image


@dataclass(frozen=True, slots=True)
class TransferChange:
    """A change of a transfer; ``before`` is None if it is new."""

    before: Transfer | None
    after: Transfer


def change_of(record: Mapping[str, Any]) -> TransferChange | None:
    """Return the change that a record of the table `transfers` means; None if it is of another item."""
    changed = record["dynamodb"]
    before, after = (
        transfer_of_image(changed[name]) if changed.get(name) else None for name in ("OldImage", "NewImage")
    )
    return None if after is None else TransferChange(before, after)
