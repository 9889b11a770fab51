"""The audit trail in DynamoDB. Entries are put once and never changed."""

from datetime import date
from typing import Final

from chalicelib.admin.domain.audit import AuditEntry
from chalicelib.admin.models import AuditItem
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.model import item_absent
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.ids import moment_of

_SHARDS: Final = 1
"""Partitions per day. The number may grow but never shrink, because entries stay where they were put."""


class AuditRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def add(self, writes: WriteTransaction, entry: AuditEntry) -> None:
        writes.put(_item(entry), when=item_absent(AuditItem))

    def of_day(self, day: date, *, limit: int, before: str | None) -> list[AuditEntry]:
        """Return a day's entries, newest first, optionally only those older than the entry ``before``."""
        where = AuditItem.sk < before if before else None
        found: list[AuditEntry] = []
        for shard in range(_SHARDS):
            page = self._database.query(
                AuditItem, _partition(day, shard), where, limit=limit, newest_first=True, consistent=True
            )
            found += [_entry(item) for item in page.items]
        return sorted(found, key=lambda entry: entry.id, reverse=True)[:limit]


def _partition(day: date, shard: int) -> str:
    return f"{day}#{shard}"


def _item(entry: AuditEntry) -> AuditItem:
    return AuditItem(
        _partition(moment_of(entry.id).date(), sum(entry.id.encode()) % _SHARDS),
        entry.id,
        actor_id=entry.actor_id,
        actor=entry.actor_username,
        action=entry.action,
        subject=entry.subject,
        details=dict(entry.details),
        request_id=entry.request_id or None,
    )


def _entry(item: AuditItem) -> AuditEntry:
    return AuditEntry(
        id=item.sk,
        actor_id=item.actor_id,
        actor_username=item.actor,
        action=item.action,
        subject=item.subject,
        details=item.details,
        request_id=item.request_id or "",
    )
