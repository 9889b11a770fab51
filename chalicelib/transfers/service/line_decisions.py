"""Operators' decisions on unmatched lines: assign them to a transfer or user, or send the money back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import ZERO
from chalicelib.transfers.domain.decision import Decision as Transition
from chalicelib.transfers.domain.notification import NotificationOutcome, NotificationType, TransferEvent
from chalicelib.transfers.domain.statement import (
    Action,
    LineNotAssignable,
    LineNotFound,
    LineNotOpen,
    LineStatus,
    StatementLine,
    decide_assignment,
)
from chalicelib.transfers.repository.statements import StatementRepository
from chalicelib.transfers.service.transfers import TransferService
from chalicelib.wallets.domain.ledger import PLATFORM_SUSPENSE

Add = Callable[[WriteTransaction], None]
"""Adds the operator's audit entry and idempotency record to the transaction of a decision."""


class LineDecisions:
    """Decides on unmatched lines for operators; callers check the permission.

    Each decision is one transaction, on condition that the line is still unmatched.
    """

    def __init__(self, statements: StatementRepository, transfers: TransferService, clock: Clock) -> None:
        self._statements = statements
        self._transfers = transfers
        self._clock = clock

    def assign_to_transfer(self, line_id: str, transfer_id: str, operator_id: str, add: Add) -> StatementLine:
        """Settle or return a transfer by an unmatched line of the same amount.

        Raises:
            LineNotFound, TransferNotFound
            LineNotOpen: the line is not unmatched.
            LineNotAssignable: the line can't be the transfer's money, or the transfer is the operator's own.
        """
        line = self._open_line(line_id)
        transfer = self._transfers.get(transfer_id)
        _require_other(operator_id, transfer.user_id)
        action = decide_assignment(line, transfer)
        kind = NotificationType.RETURNED if action is Action.RETURN else NotificationType.SETTLED
        event = TransferEvent(kind, abs(line.amount), line.entry.return_reason or None)
        assigned = replace(
            line, status=LineStatus.ASSIGNED, reason="", transfer_id=transfer_id, version=line.version + 1
        )

        def record(writes: WriteTransaction, effect: Transition) -> None:
            if effect.outcome is not NotificationOutcome.APPLIED:
                raise LineNotAssignable(effect.reason or f"The transfer is already {effect.transfer.status.value}.")
            add(writes)
            self._add_change(writes, line, assigned, "returned" if action is Action.RETURN else "matched")

        self._transfers.apply(transfer_id, event, record, cash_account=PLATFORM_SUSPENSE, may_hold=False)
        return assigned

    def assign_to_user(self, line_id: str, user_id: str, operator_id: str, add: Add) -> StatementLine:
        """Credit a user with an unmatched line, as a settled deposit.

        Raises:
            LineNotFound
            LineNotOpen: the line is not unmatched.
            LineNotAssignable: the line is a debit, or the user is the operator.
        """
        line = self._open_line(line_id)
        _require_other(operator_id, user_id)
        if line.amount < ZERO:
            raise LineNotAssignable("A debit can only be assigned to a transfer.")
        deposit_id = new_id(self._clock())
        assigned = replace(
            line,
            status=LineStatus.ASSIGNED,
            reason="",
            transfer_id=deposit_id,
            user_id=user_id,
            version=line.version + 1,
        )

        def record(writes: WriteTransaction) -> None:
            add(writes)
            self._add_change(writes, line, assigned, "matched")

        self._transfers.create_settled_deposit(deposit_id, user_id, line.amount, record, cash_account=PLATFORM_SUSPENSE)
        return assigned

    def reject(self, line_id: str, add: Add) -> StatementLine:
        """Mark an unmatched credit to be sent back.

        Raises:
            LineNotFound
            LineNotOpen: the line is not unmatched.
            LineNotAssignable: the line is a debit.
        """
        line = self._open_line(line_id)
        if line.amount < ZERO:
            raise LineNotAssignable("A debit cannot be sent back. Assign it to a transfer.")
        rejected = replace(line, status=LineStatus.REJECTED, version=line.version + 1)
        writes = self._statements.writes()
        add(writes)
        self._add_change(writes, line, rejected, "returned")
        writes.commit()
        return rejected

    def _open_line(self, line_id: str) -> StatementLine:
        line = self._statements.find_line(line_id)
        if line is None:
            raise LineNotFound
        if line.status is not LineStatus.UNMATCHED:
            raise LineNotOpen(line.status)
        return line

    def _add_change(self, writes: WriteTransaction, line: StatementLine, after: StatementLine, counter: str) -> None:
        self._statements.add_decision(writes, line, after)
        self._statements.add_progress(writes, line.statement_id, {"unmatched": -1, counter: 1})


def _require_other(operator_id: str, user_id: str) -> None:
    if operator_id == user_id:
        raise LineNotAssignable("Operators cannot assign money to themselves. Ask another operator.")
