"""Freeze and unfreeze accounts: status, wallet, audit entry and idempotency record change in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.domain.errors import AlreadyFrozen, NotFrozen, OperatorNotFreezable
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.shared.actor import Actor, Role
from chalicelib.users.domain.user import AccountStatus, StatusUnchanged, User
from chalicelib.users.service.accounts import UserService
from chalicelib.wallets.service import WalletService

_ACTIONS = {
    AccountStatus.FROZEN: (AuditAction.FREEZE_USER, AlreadyFrozen),
    AccountStatus.ACTIVE: (AuditAction.UNFREEZE_USER, NotFrozen),
}


class FreezeService:
    def __init__(
        self, users: UserService, wallets: WalletService, audit_log: AuditLog, idempotency: IdempotencyStore
    ) -> None:
        self._users = users
        self._wallets = wallets
        self._audit_log = audit_log
        self._idempotency = idempotency

    def freeze(
        self, actor: Actor, user_id: str, context: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[User]:
        """Freeze an account: it can receive money, but not pay.

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
        """Unfreeze an account.

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
            self._audit_log.add(writes, actor, AuditEvent(action, f"user:{user_id}", context))
            try:
                writes.commit()
            except StatusUnchanged as error:
                raise unchanged from error
            return replace(user, status=status)

        def replay(result: Mapping[str, str]) -> User:
            return self._users.account(actor, result["user"])

        return self._idempotency.execute(idempotency_key, set_status, replay)
