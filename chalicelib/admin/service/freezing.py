"""Freezing accounts: status, wallet, audit entry and marker change in one transaction or not at all."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.admin.domain.audit import Action, Deed, Occasion
from chalicelib.admin.domain.refusals import AlreadyFrozen, NotFrozen, OperatorNotFreezable
from chalicelib.admin.service.auditing import AuditTrail
from chalicelib.common.actor import Actor, Role
from chalicelib.common.idempotency import Done, Markers, Once
from chalicelib.users.domain.user import StatusUnchanged
from chalicelib.users.service import AccountStatus, User, UserService
from chalicelib.wallets.service import WalletService

_DEEDS = {
    AccountStatus.FROZEN: (Action.FREEZE_USER, AlreadyFrozen),
    AccountStatus.ACTIVE: (Action.UNFREEZE_USER, NotFrozen),
}


class FreezeService:
    """Stops money from leaving an account, and lets it leave again."""

    def __init__(self, users: UserService, wallets: WalletService, trail: AuditTrail, markers: Markers) -> None:
        self._users = users
        self._wallets = wallets
        self._trail = trail
        self._markers = markers

    def freeze(self, actor: Actor, user_id: str, occasion: Occasion, once: Once | None = None) -> Done[User]:
        """Let no more money leave an account; money can still come in. Operators' accounts cannot be frozen.

        Raises:
            RoleRequired: the actor is no operator.
            NoSuchUser, AlreadyFrozen, OperatorNotFreezable
        """
        return self._turn(actor, user_id, AccountStatus.FROZEN, occasion, once)

    def unfreeze(self, actor: Actor, user_id: str, occasion: Occasion, once: Once | None = None) -> Done[User]:
        """Let money leave an account again.

        Raises:
            RoleRequired: the actor is no operator.
            NoSuchUser, NotFrozen
        """
        return self._turn(actor, user_id, AccountStatus.ACTIVE, occasion, once)

    def _turn(
        self, actor: Actor, user_id: str, status: AccountStatus, occasion: Occasion, once: Once | None
    ) -> Done[User]:
        actor.must_be(Role.ADMIN)
        action, unchanged = _DEEDS[status]

        def turn() -> User:
            user = self._users.account(actor, user_id)
            if user.role is Role.ADMIN and status is AccountStatus.FROZEN:
                raise OperatorNotFreezable
            if user.status is status:
                raise unchanged
            writes = self._trail.writes()
            self._markers.stage(writes, once, {"user": user_id})
            self._users.stage_status(actor, writes, user_id, status)
            self._wallets.stage_freeze(writes, user_id, frozen=status is AccountStatus.FROZEN)
            self._trail.stage(writes, actor, Deed(action, f"user:{user_id}", occasion))
            try:
                writes.commit()
            except StatusUnchanged as overtaken:
                raise unchanged from overtaken
            return replace(user, status=status)

        return self._markers.carry_out(once, turn, lambda result: self._users.account(actor, result["user"]))
