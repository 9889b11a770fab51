"""Freeze and unfreeze accounts: status, wallet, audit entry and idempotency record change in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.domain.errors import AlreadyFrozen, NotFrozen, OperatorNotFreezable
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.jobs.outbox import APPLY_FREEZE, OutboxRepository
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.users.domain.user import AccountStatus, StatusUnchanged, User
from chalicelib.users.service.accounts import UserService
from chalicelib.wallets.service import WalletService

_ACTIONS = {
    AccountStatus.FROZEN: (AuditAction.FREEZE_USER, AlreadyFrozen),
    AccountStatus.ACTIVE: (AuditAction.UNFREEZE_USER, NotFrozen),
}


class FreezeService:
    def __init__(
        self,
        users: UserService,
        wallets: WalletService,
        outbox: OutboxRepository,
        audit_log: AuditLog,
        idempotency: IdempotencyStore,
        clock: Clock,
    ) -> None:
        self._users = users
        self._wallets = wallets
        self._outbox = outbox
        self._clock = clock
        self._audit_log = audit_log
        self._idempotency = idempotency

    def freeze(
        self, actor: Actor, user_id: str, context: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[User]:
        """Freeze an account: it can receive money and repay its loans, but make no other payment.

        It can't request, offer or accept. A job withdraws its open offers, pauses its auto-invest rules and hides its
        open requests.

        Raises:
            RoleRequired: the actor is not an operator.
            UserNotFound: no account has this id.
            AlreadyFrozen: the account is already frozen.
            OperatorNotFreezable: the account is an operator's.
        """
        return self._set_status(actor, user_id, AccountStatus.FROZEN, context, idempotency_key)

    def unfreeze(
        self, actor: Actor, user_id: str, context: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[User]:
        """Unfreeze an account. A job shows its requests again; its rules stay paused until their owner restarts them.

        Raises:
            RoleRequired: the actor is not an operator.
            UserNotFound: no account has this id.
            NotFrozen: the account is not frozen.
        """
        return self._set_status(actor, user_id, AccountStatus.ACTIVE, context, idempotency_key)

    def _set_status(
        self,
        actor: Actor,
        user_id: str,
        status: AccountStatus,
        context: AuditContext,
        idempotency_key: IdempotencyKey | None,
    ) -> IdempotentResult[User]:
        actor.must_be(Role.ADMIN)
        action, unchanged = _ACTIONS[status]

        def set_status() -> User:
            user = self._users.account(actor, user_id)
            if user.role is Role.ADMIN and status is AccountStatus.FROZEN:
                raise OperatorNotFreezable
            if user.status is status:
                raise unchanged
            writes = self._audit_log.writes()
            self._idempotency.add(writes, idempotency_key, {"user": user_id})
            self._users.add_status(actor, writes, user_id, status)
            self._wallets.add_freeze(writes, user_id, frozen=status is AccountStatus.FROZEN)
            now = self._clock()
            self._outbox.add_outbox(writes, BackgroundJob(APPLY_FREEZE, user_id, new_id(now)), now)
            self._audit_log.add(writes, actor, AuditEvent(action, f"user:{user_id}", context))
            try:
                writes.commit()
            except StatusUnchanged as error:
                raise unchanged from error
            return replace(user, status=status)

        def replay(result: Mapping[str, str]) -> User:
            return self._users.account(actor, result["user"])

        return self._idempotency.execute(idempotency_key, set_status, replay)
