"""Transfers: deposits and withdrawals, their states, and the legal transitions between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from chalicelib.shared.errors import Conflict, NotFound, Unavailable
from chalicelib.shared.money import Money


class TransferNotFound(NotFound):
    code = "transfer_not_found"
    detail = "The transfer does not exist, or you do not have access to it."


class TransferState(Conflict):
    """The transfer's state does not allow the transition."""

    code = "transfer_state"

    def __init__(self, transfer: Transfer, to: TransferStatus) -> None:
        super().__init__(
            f"A {transfer.direction.value.lower()} that is {transfer.status.value} cannot become {to.value}.",
            transfer_status=transfer.status.value,
        )


class PaymentsNotConfigured(Unavailable):
    code = "payments_not_configured"
    detail = "Deposits and withdrawals are not available yet: the platform's bank account is not configured."


class Direction(StrEnum):
    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"


class TransferStatus(StrEnum):
    PENDING = "PENDING"
    REQUESTED = "REQUESTED"
    SUBMITTED = "SUBMITTED"
    SETTLED = "SETTLED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"


_Status = TransferStatus
TRANSITIONS: Final[Mapping[Direction, Mapping[TransferStatus, frozenset[TransferStatus]]]] = {
    Direction.DEPOSIT: {
        _Status.PENDING: frozenset({_Status.SETTLED, _Status.FAILED, _Status.EXPIRED, _Status.CANCELLED}),
        # The cash can arrive after all.
        _Status.FAILED: frozenset({_Status.SETTLED}),
        _Status.EXPIRED: frozenset({_Status.SETTLED}),
        _Status.CANCELLED: frozenset({_Status.SETTLED}),
        _Status.SETTLED: frozenset({_Status.RETURNED}),
        _Status.RETURNED: frozenset(),
    },
    Direction.WITHDRAWAL: {
        _Status.REQUESTED: frozenset({_Status.SUBMITTED, _Status.CANCELLED, _Status.REJECTED}),
        _Status.SUBMITTED: frozenset({_Status.SETTLED, _Status.REJECTED}),
        _Status.SETTLED: frozenset({_Status.RETURNED}),
        _Status.CANCELLED: frozenset(),
        _Status.REJECTED: frozenset(),
        _Status.RETURNED: frozenset(),
    },
}
"""The legal transitions. Each status of a direction is a key; the first one is that of a new transfer."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A deposit or a withdrawal.

    Args:
        amount: positive.
        reference: ISO 11649 creditor reference, by which a bank entry names the transfer.
        bank_account_id: the account to which a withdrawal goes.
        destination: that account's number, encrypted; a copy, so that deleting the account breaks nothing.
        failure_code: the reason of the provider or bank for a failure, rejection or return.
        transaction_id: the journal of the settlement.
        return_transaction_id: the journal of the return.
        held_return: the reason of a return that arrived before the settlement ("" if it gave none), else None. The
            return is booked directly after the settlement.
        version: grows by one with each change.
    """

    id: str
    user_id: str
    direction: Direction
    amount: Money
    status: TransferStatus
    reference: str
    created_at: datetime
    description: str = ""
    bank_account_id: str | None = None
    destination: str | None = None
    failure_code: str | None = None
    submitted_at: datetime | None = None
    settled_at: datetime | None = None
    returned_at: datetime | None = None
    transaction_id: str | None = None
    return_transaction_id: str | None = None
    payout_id: str | None = None
    held_return: str | None = None
    version: int = 1

    def can_become(self, status: TransferStatus) -> bool:
        return status in TRANSITIONS[self.direction][self.status]

    def moved_to(self, status: TransferStatus, **changes: Any) -> Transfer:
        """Return the transfer after a transition, with changes of further attributes.

        Raises:
            TransferState: the transition is illegal.
        """
        if not self.can_become(status):
            raise TransferState(self, status)
        return replace(self, status=status, version=self.version + 1, **changes)


def first_status(direction: Direction) -> TransferStatus:
    """Return the status of a new transfer."""
    return next(iter(TRANSITIONS[direction]))
