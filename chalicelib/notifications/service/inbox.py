"""A user's notifications: list them, and mark them as read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from chalicelib.dynamodb.database import Key, Page, every_page
from chalicelib.dynamodb.idempotency import AlreadyExecutedError, IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.notifications.domain.notification import Notification
from chalicelib.notifications.repository.inbox import InboxRepository
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock
from chalicelib.wallets.service import WalletService

_BATCH: Final = 50
"""Notifications that one transaction marks as read."""


class InboxService:
    def __init__(
        self,
        notifications: InboxRepository,
        wallets: WalletService,
        idempotency: IdempotencyStore,
        clock: Clock,
    ) -> None:
        self._notifications = notifications
        self._wallets = wallets
        self._idempotency = idempotency
        self._clock = clock

    def page(
        self, actor: Actor, *, unread_only: bool, limit: int, after: Key | None = None
    ) -> tuple[Page[Notification], int]:
        """Read the actor's notifications, newest first, and the number of unread ones."""
        unread_count = self._notifications.unread_count(actor.user_id)
        if not unread_only:
            return self._notifications.page(actor.user_id, limit=limit, after=after), unread_count
        if not unread_count:
            return Page((), None), 0
        ids = self._notifications.unread_ids(actor.user_id, limit=limit, after=after)
        found = self._notifications.find_many(actor.user_id, ids.items)
        return Page(tuple(each for each in found if each.read_at is None), ids.last_key), unread_count

    def mark_read(
        self, actor: Actor, ids: Sequence[str] | None, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[int]:
        """Mark some of the actor's notifications as read. Those that are read, or that do not exist, change nothing.

        Args:
            actor: the owner.
            ids: up to 100 ids; None for all.
            idempotency_key: the client's key.

        Returns:
            The number of unread notifications afterwards.
        """

        def execute() -> int:
            # Several transactions mark all, and only the last one has the record: a replay must not begin again.
            executed = self._idempotency.find(idempotency_key) if ids is None else None
            if executed is not None:
                raise AlreadyExecutedError(executed)
            self._mark(actor, ids, idempotency_key)
            return self._notifications.unread_count(actor.user_id)

        def replay(_: Mapping[str, str]) -> int:
            return self._notifications.unread_count(actor.user_id)

        return self._idempotency.execute(idempotency_key, execute, replay)

    def _mark(self, actor: Actor, ids: Sequence[str] | None, idempotency_key: IdempotencyKey | None) -> None:
        """Mark batch by batch. A repetition continues; the last batch records that the request is done."""
        batches = self._unread_batches(actor.user_id) if ids is None else _batches(ids)
        waiting: Sequence[str] | None = None
        for batch in batches:
            if waiting is not None:
                self._mark_batch(actor, waiting, None)
            waiting = batch
        self._mark_batch(actor, waiting or (), idempotency_key)

    def _mark_batch(self, actor: Actor, ids: Sequence[str], idempotency_key: IdempotencyKey | None) -> None:
        def attempt() -> None:
            found = self._notifications.find_many(actor.user_id, ids, consistent=True)
            unread = [each.id for each in found if each.read_at is None]
            writes = self._notifications.writes()
            self._notifications.add_read(writes, actor.user_id, unread, self._clock())
            self._wallets.add(writes, actor=actor)
            self._idempotency.add(writes, idempotency_key, {})
            writes.commit()

        retry_on_conflict(attempt)

    def _unread_batches(self, user_id: str) -> Iterator[Sequence[str]]:
        """Yield ids of all unread notifications: those in the index, then the newest, which it may not have yet."""
        pages = every_page(lambda after: self._notifications.unread_ids(user_id, limit=_BATCH, after=after))
        yield from (page.items for page in pages if page.items)
        if self._notifications.unread_count(user_id):
            newest = self._notifications.page(user_id, limit=_BATCH, consistent=True).items
            yield [each.id for each in newest if each.read_at is None]


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    distinct = list(dict.fromkeys(ids))
    for start in range(0, len(distinct), _BATCH):
        yield distinct[start : start + _BATCH]
