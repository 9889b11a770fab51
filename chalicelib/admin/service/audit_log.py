"""Writing down what operators do, and reading it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.admin.domain.audit import AuditEntry, AuditEvent
from chalicelib.admin.domain.day_pages import page_backwards
from chalicelib.admin.repository import AuditRepository
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.users.service.accounts import UserService

_MOST_DAYS: Final = 64
"""Days read for one page: where little happened, a page is short or empty and the list goes on."""


@dataclass(frozen=True, slots=True)
class AuditPosition:
    """Where the trail goes on: on a day, below an entry; it ends with the day of the first registration."""

    day: date
    first_day: date
    before: str | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first; ``position`` is None at the end."""

    entries: tuple[AuditEntry, ...]
    position: AuditPosition | None


class AuditLog:
    """The trail of what operators do."""

    def __init__(self, repository: AuditRepository, users: UserService, clock: Clock) -> None:
        self._repository = repository
        self._users = users
        self._clock = clock

    def writes(self) -> WriteTransaction:
        """A new transaction."""
        return self._repository.writes()

    def add(self, writes: WriteTransaction, actor: Actor, deed: AuditEvent) -> None:
        """Add the entry of a deed to the transaction that does it."""
        reason = {"reason": deed.occasion.reason} if deed.occasion.reason else {}
        entry = AuditEntry(
            id=new_id(self._clock()),
            actor_id=actor.user_id,
            actor_username=actor.username,
            action=deed.action.value,
            subject=deed.subject,
            details={**deed.details, **reason},
            request_id=deed.occasion.request_id,
        )
        self._repository.add(writes, entry)

    def page(self, actor: Actor, *, limit: int, position: AuditPosition | None = None) -> AuditPage:
        """The trail, newest first. Pages may be short.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        at = position or AuditPosition(self._clock().date(), self._users.first_registration_date())
        walk = page_backwards(
            lambda day: self._repository.of_day(day, limit=limit + 1, before=at.before),
            newest=at.day,
            oldest=at.first_day,
            enough=limit + 1,
            most_days=_MOST_DAYS,
        )
        entries = walk.items[:limit]
        return AuditPage(entries, _following(at, entries[-1] if len(walk.items) > limit else None, walk.unread))


def _following(at: AuditPosition, last: AuditEntry | None, unread: date | None) -> AuditPosition | None:
    if last is not None:
        return AuditPosition(last.at.date(), at.first_day, last.id)
    return AuditPosition(unread, at.first_day) if unread else None
