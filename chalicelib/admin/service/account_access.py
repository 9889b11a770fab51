"""Disable operators, and end the sessions of any user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.domain.errors import NotAnOperator, OwnAccount
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.shared.actor import Actor, Role
from chalicelib.users.domain.user import User
from chalicelib.users.service.accounts import UserService
from chalicelib.users.service.sessions import SessionService


class AccessService:
    """Operators act on each other's access, never on their own.

    Account, wallet, audit entry and idempotency record change in one transaction.
    """

    def __init__(
        self, users: UserService, sessions: SessionService, audit_log: AuditLog, idempotency: IdempotencyStore
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._audit_log = audit_log
        self._idempotency = idempotency

    def set_disabled(
        self,
        actor: Actor,
        user_id: str,
        context: AuditContext,
        idempotency_key: IdempotencyKey | None = None,
        *,
        disabled: bool,
    ) -> IdempotentResult[User]:
        """Disable an operator, which also signs them out, or enable them again. Repeating it is only a view.

        A disabled operator cannot sign in or refresh, and changes nothing; what was signed in reads until its token
        expires.

        Raises:
            RoleRequired: the actor is not an operator.
            UserNotFound, OwnAccount, NotAnOperator, TokenRevoked
        """
        actor.must_be(Role.ADMIN)

        def set_disabled() -> User:
            user = self._other_user(actor, user_id)
            if user.role is not Role.ADMIN:
                raise NotAnOperator
            writes = self._audit_log.writes()
            self._idempotency.add(writes, idempotency_key, {"user": user_id})
            if user.is_disabled is disabled:
                self._audit_log.add(writes, actor, AuditEvent(AuditAction.VIEW_DATA, f"user:{user_id}", context))
                writes.commit()
                return user
            if disabled:
                self._sessions.add_sign_out(writes, user_id, disables=True)
            else:
                self._sessions.add_enabling(writes, user_id)
            action = AuditAction.DISABLE_USER if disabled else AuditAction.ENABLE_USER
            self._audit_log.add(writes, actor, AuditEvent(action, f"user:{user_id}", context))
            writes.commit()
            return replace(user, is_disabled=disabled)

        operation = partial(retry_on_conflict, set_disabled)
        return self._idempotency.execute(idempotency_key, operation, partial(self._replay, actor))

    def sign_out(
        self, actor: Actor, user_id: str, context: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[User]:
        """End all sessions of a user and revoke the access tokens. The user may sign in again.

        Raises:
            RoleRequired: the actor is not an operator.
            UserNotFound, OwnAccount, TokenRevoked
        """
        actor.must_be(Role.ADMIN)

        def sign_out() -> User:
            user = self._other_user(actor, user_id)
            writes = self._audit_log.writes()
            self._idempotency.add(writes, idempotency_key, {"user": user_id})
            self._sessions.add_sign_out(writes, user_id)
            self._audit_log.add(writes, actor, AuditEvent(AuditAction.SIGN_OUT_USER, f"user:{user_id}", context))
            writes.commit()
            return user

        operation = partial(retry_on_conflict, sign_out)
        return self._idempotency.execute(idempotency_key, operation, partial(self._replay, actor))

    def _other_user(self, actor: Actor, user_id: str) -> User:
        if user_id == actor.user_id:
            raise OwnAccount
        return self._users.account(actor, user_id)

    def _replay(self, actor: Actor, result: Mapping[str, str]) -> User:
        return self._users.account(actor, result["user"])
