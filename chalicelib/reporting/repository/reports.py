"""Reports by kind and day. A report may be replaced until it is final."""

import json
from datetime import date
from typing import Final

from chalicelib.dynamodb.database import Database, Key, Page
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.expressions import PreparedCondition
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.reporting.domain.report import Report
from chalicelib.reporting.models import ReportItem

_REPORT: Final = "REPORT#"
_NOT_FINAL: Final = PreparedCondition(
    ReportItem.pk.does_not_exist() | (ReportItem.final == False)  # noqa: E712 - an expression
)


class ReportRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, report: Report) -> bool:
        """Store a report. Returns False if there is a final one, which stays unchanged."""
        item = ReportItem(
            _REPORT + report.kind,
            report.day.isoformat(),
            final=report.is_final,
            content=json.dumps(report.content, separators=(",", ":")),
        )
        writes = WriteTransaction(self._database)
        writes.put(item, when=_NOT_FINAL())
        try:
            writes.commit()
        except OptimisticLockError:
            return False
        return True

    def find(self, kind: str, day: date) -> Report | None:
        item = self._database.get(ReportItem, _REPORT + kind, day.isoformat(), consistent=True)
        return None if item is None else _report(item)

    def latest(self, kind: str) -> Report | None:
        page = self._database.query(ReportItem, _REPORT + kind, limit=1, newest_first=True, consistent=True)
        return _report(page.items[0]) if page.items else None

    def page(self, kind: str, *, limit: int, after: Key | None) -> Page[Report]:
        found = self._database.query(
            ReportItem, _REPORT + kind, limit=limit, newest_first=True, after=after, consistent=True
        )
        return Page(tuple(_report(item) for item in found.items), found.last_key)

    def latest_final(self, kind: str) -> Report | None:
        """Read the newest final report. Only the newest report may not be final yet."""
        page = self._database.query(ReportItem, _REPORT + kind, limit=2, newest_first=True, consistent=True)
        return next((_report(item) for item in page.items if item.final), None)


def _report(item: ReportItem) -> Report:
    return Report(
        kind=item.pk.removeprefix(_REPORT),
        day=date.fromisoformat(item.sk),
        is_final=item.final,
        content=json.loads(item.content),
    )
