"""Transitions of transfers with their movements of money: one transaction each, whatever causes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Final

from chalicelib.auto_invest.service.reservations import ReservationService
from chalicelib.dynamodb.errors import AlreadyWrittenError, OptimisticLockError
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.deadline import Deadline
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.decision import Decision, decide
from chalicelib.transfers.domain.notification import NotificationOutcome, TransferEvent
from chalicelib.transfers.domain.references import creditor_reference
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferNotFound, TransferStatus
from chalicelib.transfers.repository.transfers import ReferenceOwner, TransferRepository
from chalicelib.wallets.domain.ledger import EXTERNAL_CASH, EntryType, Journal, transfer, wallet_account
from chalicelib.wallets.service import WalletService

Recorder = Callable[[WriteTransaction, Decision], None]
"""Adds the record of an event to the transaction that applies it.

Committing must raise AlreadyWrittenError if the event was recorded before. If the outcome is not APPLIED, the
transaction moves no money, so the recorder may add a journal of its own, such as one on the suspense account.
"""
_Status = TransferStatus
_PAGE: Final = 100
_EXPIRY_SECONDS: Final = 240


@dataclass(frozen=True, slots=True)
class AppliedEvent:
    """The result of an event.

    Args:
        outcome: its effect; None if it was recorded before, so that it had its effect then.
        transfer: the transfer as it is afterwards.
        reason: why it was refused, else "".
    """

    outcome: NotificationOutcome | None
    transfer: Transfer
    reason: str = ""


class TransferService:
    """Changes stored transfers for the payment provider, bank statements, payouts and jobs.

    Args:
        repository: stored transfers.
        wallets: wallets and the ledger.
        reservations: reservations of auto-invest rules, which a returned deposit releases.
        clock: business time.
        expiry_days: days after which a pending deposit expires.
    """

    def __init__(
        self,
        repository: TransferRepository,
        wallets: WalletService,
        reservations: ReservationService,
        clock: Clock,
        *,
        expiry_days: int,
    ) -> None:
        self._repository = repository
        self._wallets = wallets
        self._reservations = reservations
        self._clock = clock
        self._expiry = timedelta(days=expiry_days)

    def writes(self) -> WriteTransaction:
        return self._repository.writes()

    def get(self, transfer_id: str) -> Transfer:
        """Read a stored transfer consistently.

        Raises:
            TransferNotFound: there is none with this id.
        """
        found = self._repository.find(transfer_id)
        if found is None:
            raise TransferNotFound
        return found

    def find_many(self, transfer_ids: Iterable[str]) -> dict[str, Transfer]:
        """Read up to 100 stored transfers consistently; unknown ids are missing."""
        return self._repository.find_many(transfer_ids)

    def find_reference(self, reference: str) -> ReferenceOwner | None:
        """Return the transfer or user that a creditor reference (no spaces, capital letters) names."""
        return self._repository.find_reference(reference)

    def requested_withdrawals(self, *, limit: int, after: str | None = None) -> tuple[Transfer, ...]:
        """Return withdrawals that wait for a payout, oldest first, that follow the withdrawal ``after``.

        They come from an index that lags behind by moments: `add_submission` checks each.
        """
        page = self._repository.page_by_status(
            Direction.WITHDRAWAL, _Status.REQUESTED, limit=limit, after=after, newest_first=False
        )
        return page.items

    def apply(
        self,
        transfer_id: str,
        event: TransferEvent,
        record: Recorder,
        *,
        cash_account: str = EXTERNAL_CASH,
        may_hold: bool = True,
        actor: Actor | None = None,
    ) -> AppliedEvent:
        """Apply a report of the provider or bank, with its record, in one transaction.

        A SETTLED event settles a deposit or a submitted withdrawal. A FAILED event fails a deposit or rejects a
        withdrawal. A RETURNED event takes a settled deposit back, or pays a settled withdrawal back to the wallet.
        Events may arrive twice, in any order, and after a crash: each has one effect. Settlements and returns ignore
        frozen and restricted accounts.

        Args:
            transfer_id: the transfer that the report names.
            event: the report.
            record: adds the record that makes the report count once, and anything else that belongs to it. It is
                called again after a lost race.
            cash_account: the account from which a deposit and to which a withdrawal moves: `external:cash`, or
                `platform:suspense` if the cash is booked there already.
            may_hold: whether a return may wait for the settlement; else it is refused.
            actor: the user who causes the report, if the recorder adds no other change on behalf of a user.

        Raises:
            TransferNotFound: there is no such transfer.
            TokenRevoked: the actor's token is revoked.
            AppError: raised by the record's own conditions.
        """
        applied = retry_on_conflict(
            lambda: self._apply(transfer_id, event, record, cash_account, actor, may_hold=may_hold)
        )
        return replace(applied, transfer=self.complete(applied.transfer, cash_account))

    def create_settled_deposit(
        self,
        deposit_id: str,
        user_id: str,
        amount: Money,
        record: Callable[[WriteTransaction], None],
        *,
        description: str = "",
        cash_account: str = EXTERNAL_CASH,
    ) -> Transfer:
        """Create a deposit of money that has arrived without one, such as by the user's permanent reference.

        Args:
            deposit_id: a ULID, derived from the bank's entry so that a repetition gives the same.
            user_id: the user who receives the money.
            amount: positive.
            record: adds the record of the entry.
            description: shown in the user's history.
            cash_account: as for `apply`.

        Raises:
            AlreadyWrittenError: the entry was recorded before.
        """
        now = self._clock()
        deposit = Transfer(
            deposit_id,
            user_id,
            Direction.DEPOSIT,
            amount,
            _Status.PENDING,
            creditor_reference("transfer", deposit_id),
            now,
            description,
        )
        settled = self._settled(deposit)
        writes = self.writes()
        record(writes)
        self._repository.add(writes, settled)
        self._add_settlement(writes, settled, cash_account)
        writes.commit()
        return settled

    def add_submission(self, writes: WriteTransaction, withdrawal: Transfer, payout_id: str) -> Transfer:
        """Add that a withdrawal was handed to the bank; the caller adds `WalletService.add_payer_check`.

        Args:
            writes: the transaction of the payout.
            withdrawal: REQUESTED, as it was read.
            payout_id: the payout that contains it.

        Returns:
            The withdrawal afterwards. Committing raises OptimisticLockError if it changed since it was read.

        Raises:
            TransferState: it is not REQUESTED.
        """
        submitted = withdrawal.moved_to(_Status.SUBMITTED, submitted_at=self._clock(), payout_id=payout_id)
        self._repository.add_transition(writes, withdrawal, submitted)
        return submitted

    def add_cancellation(self, writes: WriteTransaction, stored: Transfer, actor: Actor | None = None) -> Transfer:
        """Add the cancellation of a pending deposit or a requested withdrawal, whose amount becomes available again.

        Args:
            writes: the transaction.
            stored: the transfer as it was read.
            actor: its user, if they ask for it.

        Raises:
            TransferState: it cannot be cancelled any more.
        """
        cancelled = stored.moved_to(_Status.CANCELLED)
        self._repository.add_transition(writes, stored, cancelled)
        self._add_release(writes, stored, actor)
        return cancelled

    def expire(self) -> dict[str, int]:
        """Expire deposits that have been pending longer than the period allows.

        A run may overlap with another or die: each deposit is one conditional transaction, and the next run continues.
        """
        first_day = self._clock().date() - self._expiry
        moment = datetime.combine(first_day, time(), UTC)
        deadline, expired, after = Deadline(_EXPIRY_SECONDS), 0, True
        while after and not deadline.is_over:
            page = self._repository.page_by_status(
                Direction.DEPOSIT, _Status.PENDING, limit=_PAGE, created_before=moment, newest_first=False
            )
            done = sum(self._expire(pending.id) for pending in page.items)
            expired, after = expired + done, bool(page.last_key) and done > 0
        return {"expired": expired}

    def _expire(self, transfer_id: str) -> int:
        pending = self._repository.find(transfer_id)
        if pending is None or pending.status is not _Status.PENDING:
            return 0
        writes = self.writes()
        self._repository.add_transition(writes, pending, pending.moved_to(_Status.EXPIRED))
        try:
            writes.commit()
        except OptimisticLockError:  # the cash arrived, or the user cancelled it, at this moment
            return 0
        return 1

    def _apply(
        self,
        transfer_id: str,
        event: TransferEvent,
        record: Recorder,
        cash_account: str,
        actor: Actor | None,
        *,
        may_hold: bool,
    ) -> AppliedEvent:
        before = self.get(transfer_id)
        decision = decide(before, event, may_hold=may_hold)
        if decision.outcome is NotificationOutcome.APPLIED and _takes_back(before, decision.target):
            self._free_money(before.user_id)
        writes = self.writes()
        record(writes, decision)
        after = before
        if decision.outcome is NotificationOutcome.APPLIED:
            after = self._add_effect(writes, before, decision.target, event.failure_code, cash_account, actor)
        else:
            if decision.outcome is NotificationOutcome.HELD:
                after = replace(before, held_return=event.failure_code or "", version=before.version + 1)
                self._repository.add_transition(writes, before, after)
            if actor:
                self._wallets.add(writes, actor=actor)
        try:
            writes.commit()
        except AlreadyWrittenError:
            return AppliedEvent(None, self.get(transfer_id))
        return AppliedEvent(decision.outcome, after, decision.reason)

    def _add_effect(
        self,
        writes: WriteTransaction,
        before: Transfer,
        target: TransferStatus,
        reason: str | None,
        cash_account: str,
        actor: Actor | None = None,
    ) -> Transfer:
        """Add a transition that the provider or bank reports, with its movement of money."""
        if target is _Status.SETTLED:
            after = self._settled(before)
            self._add_settlement(writes, after, cash_account, actor)
        elif target is _Status.RETURNED:
            after = self._add_return(writes, before, reason, cash_account, actor)
        else:
            after = before.moved_to(target, failure_code=reason)
            self._add_release(writes, before, actor)
        self._repository.add_transition(writes, before, after)
        return after

    def _add_release(self, writes: WriteTransaction, ended: Transfer, actor: Actor | None) -> None:
        """Add that what a withdrawal reserved is available again, and the check of the actor's token."""
        is_reserved = ended.direction is Direction.WITHDRAWAL
        self._wallets.add(writes, None, {ended.user_id: -ended.amount} if is_reserved else None, actor=actor)

    def _settled(self, before: Transfer) -> Transfer:
        now = self._clock()
        return before.moved_to(_Status.SETTLED, settled_at=now, transaction_id=new_id(now), failure_code=None)

    def _add_settlement(
        self, writes: WriteTransaction, settled: Transfer, cash_account: str, actor: Actor | None = None
    ) -> None:
        wallet, journal_id, now = wallet_account(settled.user_id), settled.transaction_id, settled.settled_at
        if journal_id is None or now is None:
            raise ValueError("a settled transfer has a journal")
        if settled.direction is Direction.DEPOSIT:
            lines = transfer(cash_account, wallet, settled.amount, EntryType.DEPOSIT)
            journal = Journal(journal_id, now, lines, settled.description or "Deposit", settled.id)
            self._wallets.add(writes, journal, actor=actor)
            return
        lines = transfer(wallet, cash_account, settled.amount, EntryType.WITHDRAWAL)
        journal = Journal(journal_id, now, lines, settled.description or "Withdrawal", settled.id)
        self._wallets.add(writes, journal, {settled.user_id: -settled.amount}, cash_moved=True, actor=actor)

    def _add_return(
        self, writes: WriteTransaction, before: Transfer, reason: str | None, cash_account: str, actor: Actor | None
    ) -> Transfer:
        now = self._clock()
        if before.direction is Direction.DEPOSIT:
            journal = self._wallets.add_deposit_return(
                writes,
                before.user_id,
                before.amount,
                "Returned deposit",
                before.id,
                cash_account=cash_account,
                actor=actor,
            ).journal
        else:
            lines = transfer(cash_account, wallet_account(before.user_id), before.amount, EntryType.WITHDRAWAL_RETURN)
            journal = Journal(new_id(now), now, lines, "Returned withdrawal", before.id)
            self._wallets.add(writes, journal, actor=actor)
        return before.moved_to(
            _Status.RETURNED,
            returned_at=now,
            return_transaction_id=journal.id,
            failure_code=reason or None,
            held_return=None,
        )

    def complete(self, stored: Transfer, cash_account: str = EXTERNAL_CASH) -> Transfer:
        """Do what follows a transition, also if an earlier attempt died before it: held returns, freed money."""
        if stored.status is _Status.SETTLED and stored.held_return is not None:
            stored = retry_on_conflict(lambda: self._apply_held_return(stored.id, cash_account))
        if _takes_back(stored, stored.status) and self._wallets.balance_of(stored.user_id).receivable:
            self._free_money(stored.user_id)
        return stored

    def _apply_held_return(self, transfer_id: str, cash_account: str) -> Transfer:
        before = self.get(transfer_id)
        if before.status is not _Status.SETTLED or before.held_return is None:
            return before
        if before.direction is Direction.DEPOSIT:
            self._free_money(before.user_id)
        writes = self.writes()
        after = self._add_effect(writes, before, _Status.RETURNED, before.held_return, cash_account)
        writes.commit()
        return after

    def _free_money(self, user_id: str) -> None:
        """Cancel the user's requested withdrawals and release reservations of offers that are not accepted."""
        before: str | None = None
        while True:
            page = self._repository.page_of_user(
                user_id, limit=_PAGE, before=before, direction=Direction.WITHDRAWAL, status=_Status.REQUESTED
            )
            for found in page.items:
                retry_on_conflict(partial(self._cancel_requested, found.id))
            if page.last_key is None:
                break
            before = str(page.last_key["listed"]["S"])
        self._reservations.release_lender(user_id)

    def _cancel_requested(self, transfer_id: str) -> None:
        withdrawal = self.get(transfer_id)
        if withdrawal.status is _Status.REQUESTED:
            writes = self.writes()
            self.add_cancellation(writes, withdrawal)
            writes.commit()


def _takes_back(stored: Transfer, status: TransferStatus) -> bool:
    """Return True if a deposit becomes, or is, returned."""
    return stored.direction is Direction.DEPOSIT and status is _Status.RETURNED
