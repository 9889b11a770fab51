"""Write and read the audit log."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.admin.domain.audit import AuditEntry, AuditEvent
from chalicelib.admin.domain.paging import page_backwards
from chalicelib.admin.repository import AuditRepository
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.users.service.accounts import UserService
from chalicelib.wallets.service import WalletService

_MAX_DAYS: Final = 64
"""Days read for one page. After a long time without entries a page is short or empty, and the list continues."""


@dataclass(frozen=True, slots=True)
class AuditPosition:
    """The start of the next page: on a day, before an entry. The list ends with the day of the first registration."""

    day: date
    first_day: date
    before: str | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first; ``position`` is None on the last page."""

    entries: tuple[AuditEntry, ...]
    position: AuditPosition | None


class AuditLog:
    def __init__(self, repository: AuditRepository, users: UserService, wallets: WalletService, clock: Clock) -> None:
        self._repository = repository
        self._users = users
        self._wallets = wallets
        self._clock = clock

    def writes(self) -> WriteTransaction:
        return self._repository.writes()

    def add(self, writes: WriteTransaction, actor: Actor, event: AuditEvent) -> None:
        """Add the entry of an operator's change to its transaction.

        Committing raises TokenRevoked if the operator's access token is revoked.
        """
        self._wallets.add(writes, actor=actor)
        reason = {"reason": event.context.reason} if event.context.reason else {}
        entry = AuditEntry(
            id=new_id(self._clock()),
            actor_id=actor.user_id,
            actor_username=actor.username,
            action=event.action,
            subject=event.subject,
            details={**event.details, **reason},
            request_id=event.context.request_id,
        )
        self._repository.add(writes, entry)

    def page(self, actor: Actor, *, limit: int, position: AuditPosition | None = None) -> AuditPage:
        """Return a page of entries, newest first. Pages may be short.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        start = position or AuditPosition(self._clock().date(), self._users.first_registration_date())
        days = page_backwards(
            lambda day: self._repository.of_day(day, limit=limit + 1, before=start.before),
            newest=start.day,
            oldest=start.first_day,
            min_items=limit + 1,
            max_days=_MAX_DAYS,
        )
        entries = days.items[:limit]
        if len(days.items) > limit:
            return AuditPage(entries, AuditPosition(entries[-1].at.date(), start.first_day, entries[-1].id))
        return AuditPage(entries, AuditPosition(days.next_day, start.first_day) if days.next_day else None)
