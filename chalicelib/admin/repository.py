"""The audit trail in DynamoDB. Entries are put once and never changed."""

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final

from chalicelib.admin.domain.audit import AuditAction, AuditEntry
from chalicelib.admin.models import AuditItem
from chalicelib.dynamodb.database import Database, already_written
from chalicelib.dynamodb.errors import AlreadyWrittenError
from chalicelib.dynamodb.model import item_absent
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.ids import moment_of

_PARTITIONS: Final = 2
"""Partitions per day: 0 for what operators do and view, 1 for what anyone can cause.

So a flood of failed sign-ins cannot throttle the transaction in which an operator freezes an account.
"""


class AuditRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def add(self, writes: WriteTransaction, entry: AuditEntry) -> None:
        writes.put(_item(entry), when=item_absent(AuditItem))

    def record(self, entry: AuditEntry, *, retry: bool) -> None:
        """Store an entry by itself; ``retry`` repeats the call if it fails."""
        with suppress(AlreadyWrittenError):
            self._database.put(
                _item(entry), when=item_absent(AuditItem), on_condition_failed=already_written, retry=retry
            )

    def of_day(self, day: date, *, limit: int, before: str | None) -> list[AuditEntry]:
        """Return a day's entries, newest first, optionally only those older than the entry ``before``."""
        where = AuditItem.sk < before if before else None
        found: list[AuditEntry] = []
        for number in range(_PARTITIONS):
            page = self._database.query(
                AuditItem, _partition(day, number), where, limit=limit, newest_first=True, consistent=True
            )
            found += [_entry(item) for item in page.items]
        return sorted(found, key=lambda entry: entry.id, reverse=True)[:limit]


def _partition(day: date, number: int) -> str:
    return f"{day}#{number}"


def _item(entry: AuditEntry) -> AuditItem:
    return AuditItem(
        _partition(moment_of(entry.id).date(), int(entry.action.is_by_anyone)),
        entry.id,
        actor_id=entry.actor_id,
        actor=entry.actor_username,
        action=entry.action.value,
        subject=entry.subject,
        details=dict(entry.details),
        request_id=entry.request_id or None,
        expires_at=int(entry.expires_at.timestamp()) if entry.expires_at else None,
    )


def _entry(item: AuditItem) -> AuditEntry:
    return AuditEntry(
        id=item.sk,
        actor_id=item.actor_id,
        actor_username=item.actor,
        action=AuditAction(item.action),
        subject=item.subject,
        details=item.details,
        request_id=item.request_id or "",
        expires_at=datetime.fromtimestamp(item.expires_at, UTC) if item.expires_at else None,
    )
