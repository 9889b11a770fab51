"""A simulated bank: it settles, fails and returns transfers by signed notifications."""

from collections.abc import Mapping
from typing import Final

from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import NotFound
from chalicelib.shared.ids import new_id
from chalicelib.transfers.domain.decision import Decision, decide
from chalicelib.transfers.domain.notification import NotificationOutcome, NotificationType, TransferEvent
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferNotFound, TransferState, TransferStatus
from chalicelib.transfers.providers.notification_body import notification_body
from chalicelib.transfers.providers.signatures import NotificationSigner
from chalicelib.transfers.service.notifications import NotificationService
from chalicelib.transfers.service.transfers import TransferService
from chalicelib.wallets.service import WalletService

_REASON: Final = "SANDBOX"


class SandboxService:
    """Reports transfers as a bank would.

    Args:
        transfers: stored transfers.
        notifications: receives the notifications.
        signer: signs them.
        wallets: checks that a wallet may pay a withdrawal.
        idempotency: idempotency records.
        clock: business time.
        real_time: the time of the notifications.
        is_enabled: whether the provider is no bank, and the stage allows it.
    """

    def __init__(
        self,
        transfers: TransferService,
        notifications: NotificationService,
        signer: NotificationSigner,
        wallets: WalletService,
        idempotency: IdempotencyStore,
        clock: Clock,
        real_time: Clock,
        *,
        is_enabled: bool,
    ) -> None:
        self._transfers = transfers
        self._notifications = notifications
        self._signer = signer
        self._wallets = wallets
        self._idempotency = idempotency
        self._clock = clock
        self._real_time = real_time
        self._is_enabled = is_enabled

    def report(
        self, actor: Actor, transfer_id: str, kind: NotificationType, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[Transfer]:
        """Report a transfer of the actor, or of anyone for an operator. A requested withdrawal is submitted first.

        Raises:
            NotFound: there is no sandbox.
            TransferNotFound: there is no transfer that the actor may see.
            TransferState: the state of the transfer does not allow the report.
            AccountFrozen, AccountRestricted: the withdrawal cannot be submitted.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
        """
        if not self._is_enabled:
            raise NotFound

        def replay(result: Mapping[str, str]) -> Transfer:
            return self._transfers.complete(self._find(actor, result["transfer"]))

        return self._idempotency.execute(
            idempotency_key, lambda: self._report(actor, transfer_id, kind, idempotency_key), replay
        )

    def _report(
        self, actor: Actor, transfer_id: str, kind: NotificationType, idempotency_key: IdempotencyKey | None
    ) -> Transfer:
        stored = self._find(actor, transfer_id)
        if kind is NotificationType.SETTLED and stored.direction is Direction.WITHDRAWAL:
            stored = retry_on_conflict(lambda: self._submitted(actor, transfer_id))
        reason = None if kind is NotificationType.SETTLED else _REASON
        event = TransferEvent(kind, stored.amount, reason)
        decision = decide(stored, event)
        if decision.outcome is NotificationOutcome.REFUSED:
            raise TransferState(stored, decision.target)

        if kind is NotificationType.RETURNED:  # it frees money before it takes the deposit back
            self._require_token(actor)

        def addition(writes: WriteTransaction, made: Decision) -> None:
            if made.outcome is NotificationOutcome.REFUSED:  # after a lost race
                raise TransferState(self._transfers.get(transfer_id), made.target)
            self._idempotency.add(writes, idempotency_key, {"transfer": transfer_id})

        body = notification_body(transfer_id, event, self._real_time())
        headers = self._signer.sign(new_id(self._real_time()), body)
        reported = self._notifications.receive(headers, body, actor=actor, addition=addition)
        if reported is None:
            raise TransferNotFound
        return reported

    def _require_token(self, actor: Actor) -> None:
        writes = self._transfers.writes()
        self._wallets.add(writes, actor=actor)
        writes.commit()

    def _submitted(self, actor: Actor, transfer_id: str) -> Transfer:
        """Submit a withdrawal that is still requested, as a payout does."""
        stored = self._transfers.get(transfer_id)
        if stored.status is not TransferStatus.REQUESTED:
            return stored
        writes = self._transfers.writes()
        submitted = self._transfers.add_submission(writes, stored, new_id(self._clock()))
        self._wallets.add_payer_check(writes, stored.user_id, actor=actor)
        writes.commit()
        return submitted

    def _find(self, actor: Actor, transfer_id: str) -> Transfer:
        stored = self._transfers.get(transfer_id)
        if stored.user_id != actor.user_id and not actor.is_operator:
            raise TransferNotFound
        return stored
