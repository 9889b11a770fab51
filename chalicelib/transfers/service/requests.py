"""Deposits and withdrawals that users ask for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.derived import derived_transfer
from chalicelib.transfers.domain.instructions import DepositInstructions
from chalicelib.transfers.domain.references import creditor_reference
from chalicelib.transfers.domain.transfer import (
    Direction,
    PaymentsNotConfigured,
    Transfer,
    TransferNotFound,
    TransferStatus,
    first_status,
)
from chalicelib.transfers.providers.port import PaymentProvider
from chalicelib.transfers.repository.transfers import TransferRepository
from chalicelib.transfers.service.bank_accounts import BankAccountService
from chalicelib.transfers.service.transfers import TransferService
from chalicelib.wallets.service import WalletMovement, WalletService


@dataclass(frozen=True, slots=True)
class StartedTransfer:
    """A new transfer, and what the user must do to pay a deposit (None for a withdrawal)."""

    transfer: Transfer
    instructions: DepositInstructions | None = None


@dataclass(frozen=True, slots=True)
class InstantTransfer:
    """A transfer that was settled in the request itself."""

    movement: WalletMovement
    transfer: Transfer


RequestedTransfer = StartedTransfer | InstantTransfer


class TransferRequestService:
    """Start and cancel transfers of the actor.

    Args:
        repository: stored transfers.
        transfers: cancels transfers.
        bank_accounts: the accounts to which withdrawals go.
        provider: the payment provider.
        wallets: wallets and the ledger.
        idempotency: idempotency records.
        clock: business time.
        is_instant: whether deposits and withdrawals settle in the request itself.
    """

    def __init__(
        self,
        repository: TransferRepository,
        transfers: TransferService,
        bank_accounts: BankAccountService,
        provider: PaymentProvider,
        wallets: WalletService,
        idempotency: IdempotencyStore,
        clock: Clock,
        *,
        is_instant: bool,
    ) -> None:
        self._repository = repository
        self._transfers = transfers
        self._bank_accounts = bank_accounts
        self._provider = provider
        self._wallets = wallets
        self._idempotency = idempotency
        self._clock = clock
        self._is_instant = is_instant

    def deposit(
        self, actor: Actor, amount: Money, description: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[RequestedTransfer]:
        """Start a deposit of a positive ``amount``, or credit it immediately if the provider is instant.

        Raises:
            PaymentsNotConfigured: the platform has no bank account yet.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
        """
        if self._is_instant:
            return self._wallets.deposit(actor, amount, description, idempotency_key).map(_instant)
        self._provider.require_ready()

        def start() -> RequestedTransfer:
            deposit = self._new(actor, Direction.DEPOSIT, amount, description)
            permanent_reference = creditor_reference("user", actor.user_id)
            writes = self._repository.writes()
            self._idempotency.add(writes, idempotency_key, {"transfer": deposit.id})
            self._repository.add(writes, deposit)
            if not self._repository.has_user_reference(actor.user_id):
                self._repository.add_user_reference(writes, actor.user_id, permanent_reference)
            self._wallets.add(writes, actor=actor)
            writes.commit()
            return self._started(deposit)

        return self._idempotency.execute(idempotency_key, start, lambda result: self._replay(actor, result))

    def withdraw(
        self,
        actor: Actor,
        amount: Money,
        description: str,
        bank_account_id: str | None,
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[RequestedTransfer]:
        """Request a withdrawal and reserve its amount, or debit it immediately if the provider is instant.

        Args:
            actor: the user.
            amount: positive.
            description: shown in the user's history.
            bank_account_id: one of the actor's bank accounts; not needed if the provider is instant.
            idempotency_key: the client's key, if it sent one.

        Raises:
            PaymentsNotConfigured: the platform has no bank account yet.
            Unprocessable: no bank account is given.
            BankAccountNotFound: the actor has no such account.
            BankAccountNotUsableYet: the account was added too recently.
            InsufficientFunds: less is available.
            AccountFrozen, AccountRestricted: the account is frozen, or owes for a returned deposit.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
        """
        if self._is_instant:
            return self._wallets.withdraw(actor, amount, description, idempotency_key).map(_instant)
        self._provider.require_ready()
        if bank_account_id is None:
            raise Unprocessable(errors=(("bank_account_id", "is required"),))

        def request() -> RequestedTransfer:
            withdrawal = self._new(actor, Direction.WITHDRAWAL, amount, description)
            writes = self._repository.writes()
            self._idempotency.add(writes, idempotency_key, {"transfer": withdrawal.id})
            destination = self._bank_accounts.add_use(writes, actor, bank_account_id)
            withdrawal = replace(withdrawal, bank_account_id=bank_account_id, destination=destination)
            self._repository.add(writes, withdrawal)
            self._wallets.add(writes, None, {actor.user_id: amount}, actor=actor)
            writes.commit()
            return StartedTransfer(withdrawal)

        return self._idempotency.execute(idempotency_key, request, lambda result: self._replay(actor, result))

    def cancel(
        self, actor: Actor, transfer_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[Transfer]:
        """Cancel a pending deposit, or a withdrawal that was not submitted yet.

        Raises:
            TransferNotFound: the actor has no such transfer.
            TransferState: it cannot be cancelled any more.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
        """

        def cancel() -> Transfer:
            stored = self._own(actor, transfer_id)
            writes = self._repository.writes()
            self._idempotency.add(writes, idempotency_key, {"transfer": transfer_id})
            cancelled = self._transfers.add_cancellation(writes, stored, actor)
            writes.commit()
            return cancelled

        return self._idempotency.execute(
            idempotency_key,
            lambda: retry_on_conflict(cancel),
            lambda result: self._own(actor, result["transfer"]),
        )

    def instructions_for(self, transfer: Transfer) -> DepositInstructions | None:
        """Return the instructions of a deposit that waits for its payment; None if there are none (any more)."""
        if transfer.direction is not Direction.DEPOSIT or transfer.status is not TransferStatus.PENDING:
            return None
        with suppress(PaymentsNotConfigured):
            return self._started(transfer).instructions
        return None

    def _new(self, actor: Actor, direction: Direction, amount: Money, description: str) -> Transfer:
        now = self._clock()
        transfer_id = new_id(now)
        return Transfer(
            transfer_id,
            actor.user_id,
            direction,
            amount,
            first_status(direction),
            creditor_reference("transfer", transfer_id),
            now,
            description,
        )

    def _started(self, deposit: Transfer) -> StartedTransfer:
        permanent_reference = creditor_reference("user", deposit.user_id)
        return StartedTransfer(deposit, self._provider.start_deposit(deposit, permanent_reference))

    def _replay(self, actor: Actor, result: Mapping[str, str]) -> RequestedTransfer:
        stored = self._own(actor, result["transfer"])
        return StartedTransfer(stored, self.instructions_for(stored))

    def _own(self, actor: Actor, transfer_id: str) -> Transfer:
        stored = self._repository.find(transfer_id)
        if stored is None or stored.user_id != actor.user_id:
            raise TransferNotFound
        return stored


def _instant(movement: WalletMovement) -> RequestedTransfer:
    return InstantTransfer(movement, derived_transfer(movement.wallet.user_id, movement.entry))
