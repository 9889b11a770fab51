"""Reports for operators."""

from __future__ import annotations

from datetime import date

from chalicelib.common.actor import Actor, Role
from chalicelib.common.dynamo import Key, Page
from chalicelib.common.errors import NotFound
from chalicelib.reports.repository import Report, ReportRepository
from chalicelib.reports.service.daily import KIND as SUMMARY
from chalicelib.reports.service.findings import KIND as RECONCILIATION


class NoSuchReport(NotFound):
    """No report of this kind and day."""

    code = "report_not_found"
    sentence = "There is no such report. Kinds are loan_status_summary_report and reconcile_ledger."


class ReportReader:
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
            raise NoSuchReport
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
        raise NoSuchReport
