"""Reports for operators."""

from __future__ import annotations

from datetime import date

from chalicelib.dynamodb.database import Key, Page
from chalicelib.reporting.repository.reports import Report, ReportRepository
from chalicelib.reporting.service.daily_report import KIND as SUMMARY
from chalicelib.reporting.service.reconciliation_report import KIND as RECONCILIATION
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import NotFound


class ReportNotFound(NotFound):
    """No report of this kind and day."""

    code = "report_not_found"
    detail = "There is no such report. Kinds are loan_status_summary_report and reconcile_ledger."


class ReportQueries:
    """Reports by kind and day."""

    def __init__(self, reports: ReportRepository) -> None:
        self._reports = reports

    def find(self, actor: Actor, kind: str, day: date | None) -> Report:
        """The report of a day, or the newest one.

        Raises:
            RoleRequired: the actor is no operator.
            NoSuchReport
        """
        _require_operator(actor, kind)
        report = self._reports.latest(kind) if day is None else self._reports.find(kind, day)
        if report is None:
            raise ReportNotFound
        return report

    def page(self, actor: Actor, kind: str, *, limit: int, after: Key | None) -> Page[Report]:
        """The reports of a kind, newest day first.

        Raises:
            RoleRequired: the actor is no operator.
            NoSuchReport: there is no such kind.
        """
        _require_operator(actor, kind)
        return self._reports.page(kind, limit=limit, after=after)


def _require_operator(actor: Actor, kind: str) -> None:
    actor.must_be(Role.ADMIN)
    if kind not in (SUMMARY, RECONCILIATION):
        raise ReportNotFound
