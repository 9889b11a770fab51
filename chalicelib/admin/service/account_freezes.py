"""Freezing accounts: status, wallet, audit entry and marker change in one transaction or not at all."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.domain.errors import AlreadyFrozen, NotFrozen, OperatorNotFreezable
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.shared.actor import Actor, Role
from chalicelib.users.domain.user import AccountStatus, StatusUnchanged, User
from chalicelib.users.service.accounts import UserService
from chalicelib.wallets.service import WalletService

_DEEDS = {
    AccountStatus.FROZEN: (AuditAction.FREEZE_USER, AlreadyFrozen),
    AccountStatus.ACTIVE: (AuditAction.UNFREEZE_USER, NotFrozen),
}


class FreezeService:
    """Stops money from leaving an account, and lets it leave again."""

    def __init__(self, users: UserService, wallets: WalletService, trail: AuditLog, markers: IdempotencyStore) -> None:
        self._users = users
        self._wallets = wallets
        self._trail = trail
        self._markers = markers

    def freeze(
        self, actor: Actor, user_id: str, occasion: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[User]:
        """Let no more money leave an account; money can still come in. Operators' accounts cannot be frozen.

        Raises:
            RoleRequired: the actor is no operator.
            NoSuchUser, AlreadyFrozen, OperatorNotFreezable
        """
        return self._turn(actor, user_id, AccountStatus.FROZEN, occasion, idempotency_key)

    def unfreeze(
        self, actor: Actor, user_id: str, occasion: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[User]:
        """Let money leave an account again.

        Raises:
            RoleRequired: the actor is no operator.
            NoSuchUser, NotFrozen
        """
        return self._turn(actor, user_id, AccountStatus.ACTIVE, occasion, idempotency_key)

    def _turn(
        self,
        actor: Actor,
        user_id: str,
        status: AccountStatus,
        occasion: AuditContext,
        idempotency_key: IdempotencyKey | None,
    ) -> IdempotentResult[User]:
        actor.must_be(Role.ADMIN)
        action, unchanged = _DEEDS[status]

        def turn() -> User:
            user = self._users.account(actor, user_id)
            if user.role is Role.ADMIN and status is AccountStatus.FROZEN:
                raise OperatorNotFreezable
            if user.status is status:
                raise unchanged
            writes = self._trail.writes()
            self._markers.add(writes, idempotency_key, {"user": user_id})
            self._users.add_status(actor, writes, user_id, status)
            self._wallets.add_freeze(writes, user_id, frozen=status is AccountStatus.FROZEN)
            self._trail.add(writes, actor, AuditEvent(action, f"user:{user_id}", occasion))
            try:
                writes.commit()
            except StatusUnchanged as overtaken:
                raise unchanged from overtaken
            return replace(user, status=status)

        return self._markers.execute(idempotency_key, turn, lambda result: self._users.account(actor, result["user"]))
