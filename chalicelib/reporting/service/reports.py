"""Write daily reports, and read reports of all kinds."""

from datetime import date, timedelta
from typing import Final

from chalicelib.dynamodb.database import Key, Page
from chalicelib.reporting.domain.counters import LEDGER, LOANS, Counts, balances
from chalicelib.reporting.domain.daily_report import Stock, daily_report
from chalicelib.reporting.domain.report import Report
from chalicelib.reporting.repository.reports import ReportRepository
from chalicelib.reporting.service.projections import ProjectionService
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import NotFound

DAILY_REPORT: Final = "loan_status_summary_report"
RECONCILIATION_REPORT: Final = "reconcile_ledger"
_ONE_DAY: Final = timedelta(days=1)


class ReportNotFound(NotFound):
    code = "report_not_found"
    detail = "Report not found. Kinds are loan_status_summary_report and reconcile_ledger."


class ReportQueries:
    def __init__(self, reports: ReportRepository) -> None:
        self._reports = reports

    def find(self, actor: Actor, kind: str, day: date | None) -> Report:
        """Return the report of a day, or the newest one.

        Raises:
            RoleRequired: the actor is not an operator.
            ReportNotFound: there is no such kind, or no report of the day.
        """
        _require_operator(actor, kind)
        report = self._reports.latest(kind) if day is None else self._reports.find(kind, day)
        if report is None:
            raise ReportNotFound
        return report

    def page(self, actor: Actor, kind: str, *, limit: int, after: Key | None) -> Page[Report]:
        """Return a page of the reports of a kind, newest day first.

        Raises:
            RoleRequired: the actor is not an operator.
            ReportNotFound: there is no such kind.
        """
        _require_operator(actor, kind)
        return self._reports.page(kind, limit=limit, after=after)


class DailyReportService:
    """Closes days and writes their reports.

    A report depends only on the fixed counters of two days. Overlapping and repeated runs therefore write the same
    bytes.
    """

    def __init__(self, projections: ProjectionService, reports: ReportRepository, clock: Clock) -> None:
        self._projections = projections
        self._reports = reports
        self._clock = clock

    def run(self) -> dict[str, int]:
        """Write all missing reports of past days; if none is missing, the provisional report of today."""
        written, postponed, day = 0, 0, self._first_missing()
        while day is not None and day < self._today():
            if not self._write(day):
                postponed = (self._today() - day).days
                break
            written += 1
            day += _ONE_DAY
        provisional = 0 if written else self._write_today()
        return {"written": written, "postponed": postponed, "provisional": provisional}

    def _first_missing(self) -> date | None:
        latest = self._reports.latest_final(DAILY_REPORT)
        return latest.day + _ONE_DAY if latest else self._projections.first_day()

    def _write(self, day: date) -> bool:
        """Return False if postings of yesterday are still missing: the next run writes the report."""
        is_old = day < self._today() - _ONE_DAY
        ledger = self._projections.close(LEDGER, day, lambda stock: is_old or _is_balanced(stock))
        if ledger is None:
            return False
        loans = self._projections.close(LOANS, day, lambda _: True)
        if loans is None:
            raise AssertionError("a day of loans is always complete")
        self._put(day, Stock(loans.before, ledger.before), Stock(loans.after, ledger.after), is_final=True)
        return True

    def _write_today(self) -> int:
        yesterday = self._today() - _ONE_DAY
        before = Stock(self._projections.stock(LOANS, yesterday), self._projections.stock(LEDGER, yesterday))
        after = Stock(self._projections.current(LOANS), self._projections.current(LEDGER))
        return int(self._put(self._today(), before, after, is_final=False))

    def _put(self, day: date, before: Stock, after: Stock, *, is_final: bool) -> bool:
        return self._reports.put(Report(DAILY_REPORT, day, is_final, daily_report(day, before, after)))

    def _today(self) -> date:
        return self._clock().date()


def _require_operator(actor: Actor, kind: str) -> None:
    actor.must_be(Role.ADMIN)
    if kind not in (DAILY_REPORT, RECONCILIATION_REPORT):
        raise ReportNotFound


def _is_balanced(stock: Counts) -> bool:
    """Return whether all postings of every journal were counted: the stream delivers them one by one."""
    return sum(balances(stock).values()) == 0
