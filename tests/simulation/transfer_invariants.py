"""Invariants of stored transfers: each has its journals, and they explain all cash and all reserved money."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from tests.engines import Storage

_JOURNALS: Final = {"SETTLED": 1, "RETURNED": 2}
"""Journals of a transfer by status; other statuses have none."""
_RESERVING: Final = frozenset({"REQUESTED", "SUBMITTED"})
_CASH: Final = ("external:cash", "platform:suspense")
Item = Mapping[str, Any]


def transfer_items(storage: Storage) -> list[Item]:
    """Return the stored transfers."""
    return [item for item in storage.items("transfers") if item["sk"]["S"] == "TRANSFER"]


def assert_transfers(storage: Storage) -> None:
    """Assert that cash is exactly what the stored transfers have moved, and that each has moved once.

    Postings of cash without a reference are those of the provider `instant`, whose transfers are not stored.
    """
    journals: Counter[str] = Counter()
    moved = 0
    for transfer in transfer_items(storage):
        ids = [transfer[name]["S"] for name in ("transaction_id", "return_transaction_id") if name in transfer]
        assert len(ids) == _JOURNALS.get(transfer["status"]["S"], 0), transfer
        assert ("settled_at" in transfer) == (len(ids) > 0), transfer
        journals.update(ids)
        sign = 1 if transfer["direction"]["S"] == "DEPOSIT" else -1
        moved += sign * int(transfer["amount_cents"]["N"]) * (len(ids) == 1)
    assert set(journals.values()) <= {1}
    cash, found = 0, set[str]()
    for posting in storage.items("ledger"):
        if posting["account"]["S"].partition("#")[0] in _CASH and "reference" in posting:
            cash += sum(int(line["L"][1]["N"]) for line in posting["lines"]["L"])
            found.add(posting["transaction"]["S"])
    assert -cash == moved
    assert journals.keys() <= found


def reserved_for_withdrawals(storage: Storage) -> Counter[str]:
    """Return the cents that open withdrawals reserve, by wallet."""
    reserved: Counter[str] = Counter()
    for transfer in transfer_items(storage):
        if transfer["direction"]["S"] == "WITHDRAWAL" and transfer["status"]["S"] in _RESERVING:
            reserved[f"wallet:{transfer['user_id']['S']}"] += int(transfer["amount_cents"]["N"])
    return reserved
