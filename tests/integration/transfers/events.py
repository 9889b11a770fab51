"""Stored transfers and reports about them, for tests of the services."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.container import Container
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.decision import Decision
from chalicelib.transfers.domain.notification import Notification, NotificationType, TransferEvent
from chalicelib.transfers.domain.references import creditor_reference
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus, first_status
from chalicelib.transfers.service.transfers import AppliedEvent

SETTLED = NotificationType.SETTLED
FAILED = NotificationType.FAILED
RETURNED = NotificationType.RETURNED


@dataclass(frozen=True, slots=True)
class TransferEvents:
    """Makes transfers and reports events about them through the service."""

    container: Container

    def deposit(self, user: Actor, amount: str) -> Transfer:
        """Store a pending deposit."""
        return self._store(user, Direction.DEPOSIT, amount)

    def withdrawal(self, user: Actor, amount: str, *, destination: str | None = None) -> Transfer:
        """Store a requested withdrawal, whose amount is reserved."""
        return self._store(user, Direction.WITHDRAWAL, amount, destination)

    def submitted(self, user: Actor, amount: str) -> Transfer:
        """Store a withdrawal and submit it."""
        requested = self.withdrawal(user, amount)
        writes = self.container.transfers.writes()
        self.container.transfers.add_submission(writes, requested, "payout")
        writes.commit()
        return self.container.transfers.get(requested.id)

    def report(
        self,
        transfer: Transfer,
        kind: NotificationType,
        *,
        event_id: str = "",
        amount: Money | None = None,
        reason: str = "",
    ) -> AppliedEvent:
        """Report an event, by default one with a new id."""
        event = TransferEvent(kind, amount, reason or None)
        now = self.container.clock()
        name = event_id or new_id(now)

        def record(writes: WriteTransaction, decision: Decision) -> None:
            notification = Notification(name, transfer.id, event, decision.outcome, now, decision.reason)
            self.container.notification_repository.add(writes, notification)

        return self.container.transfers.apply(transfer.id, event, record)

    def status(self, transfer: Transfer) -> TransferStatus:
        return self.container.transfers.get(transfer.id).status

    def balance(self, user: Actor) -> tuple[str, str, str]:
        """The available, reserved and owed amount."""
        wallet = self.container.wallets.balance_of(user.user_id)
        return str(wallet.available), str(wallet.reserved), str(wallet.receivable)

    def _store(self, user: Actor, direction: Direction, amount: str, destination: str | None = None) -> Transfer:
        now = self.container.clock()
        identifier = new_id(now)
        transfer = Transfer(
            identifier,
            user.user_id,
            direction,
            Money.of(amount),
            first_status(direction),
            creditor_reference("transfer", identifier),
            now,
            destination=destination,
        )
        writes = self.container.transfers.writes()
        self.container.transfer_repository.add(writes, transfer)
        if direction is Direction.WITHDRAWAL:
            self.container.wallets.add(writes, None, {user.user_id: transfer.amount})
        writes.commit()
        return transfer
