"""The table of legal transitions of transfers."""

from datetime import UTC, datetime
from itertools import product

import pytest
from stdnum import iso11649

from chalicelib.shared.money import Money
from chalicelib.transfers.domain.references import creditor_reference
from chalicelib.transfers.domain.transfer import (
    TRANSITIONS,
    Direction,
    Transfer,
    TransferState,
    TransferStatus,
    first_status,
)

S = TransferStatus
LEGAL = {
    (Direction.DEPOSIT, S.PENDING, S.SETTLED),
    (Direction.DEPOSIT, S.PENDING, S.FAILED),
    (Direction.DEPOSIT, S.PENDING, S.EXPIRED),
    (Direction.DEPOSIT, S.PENDING, S.CANCELLED),
    (Direction.DEPOSIT, S.FAILED, S.SETTLED),
    (Direction.DEPOSIT, S.EXPIRED, S.SETTLED),
    (Direction.DEPOSIT, S.CANCELLED, S.SETTLED),
    (Direction.DEPOSIT, S.SETTLED, S.RETURNED),
    (Direction.WITHDRAWAL, S.REQUESTED, S.SUBMITTED),
    (Direction.WITHDRAWAL, S.REQUESTED, S.CANCELLED),
    (Direction.WITHDRAWAL, S.REQUESTED, S.REJECTED),
    (Direction.WITHDRAWAL, S.SUBMITTED, S.REJECTED),
    (Direction.WITHDRAWAL, S.SUBMITTED, S.SETTLED),
    (Direction.WITHDRAWAL, S.SETTLED, S.RETURNED),
}


def transfer(direction: Direction, status: TransferStatus) -> Transfer:
    at = datetime(2026, 1, 15, tzinfo=UTC)
    return Transfer("01KEZQ8W00000000000000000A", "01KEZQ8W00000000000000000B", direction, Money(100), status, "RF", at)


@pytest.mark.parametrize("direction", list(Direction))
def test_transitions_follow_the_table(direction: Direction) -> None:
    for before, after in product(TRANSITIONS[direction], S):
        found = transfer(direction, before)
        if (direction, before, after) in LEGAL:
            moved = found.moved_to(after)
            assert (moved.status, moved.version) == (after, found.version + 1)
        else:
            with pytest.raises(TransferState, match=f"{before.value} cannot become {after.value}"):
                found.moved_to(after)


def test_new_transfers_start_at_the_beginning() -> None:
    assert first_status(Direction.DEPOSIT) is S.PENDING
    assert first_status(Direction.WITHDRAWAL) is S.REQUESTED


def test_references_are_valid_and_derived() -> None:
    references = [creditor_reference("transfer", str(number)) for number in range(500)]

    assert all(iso11649.is_valid(reference) for reference in references)
    assert len(set(references)) == 500
    assert creditor_reference("transfer", "7") == references[7]
