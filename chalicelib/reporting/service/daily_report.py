"""The daily report: every day that is over gets one, in order, and it never changes again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from chalicelib.jobs.schedule import JobName
from chalicelib.reporting.domain.counters import LEDGER, LOANS, Counts, balances
from chalicelib.reporting.domain.daily_report import Stock, summary
from chalicelib.reporting.repository.reports import Report, ReportRepository
from chalicelib.reporting.service.projections import ProjectionService
from chalicelib.shared.clock import Clock

KIND: Final = JobName.LOAN_STATUS_SUMMARY_REPORT.value
_A_DAY: Final = timedelta(days=1)


class DailyReportService:
    """Closes days and writes their reports.

    A report follows from two stocks that are fixed, so a run that overlaps another, or repeats one that was
    killed, writes the same bytes.
    """

    def __init__(self, projections: ProjectionService, reports: ReportRepository, clock: Clock) -> None:
        self._projections = projections
        self._reports = reports
        self._clock = clock

    def run(self) -> dict[str, int]:
        """Write the report of every day that is over and has none; where none is missing, today's as it stands."""
        written, postponed, day = 0, 0, self._first_missing()
        while day is not None and day < self._today():
            if not self._write(day):
                postponed = (self._today() - day).days
                break
            written += 1
            day += _A_DAY
        provisional = 0 if written else self._write_today()
        return {"written": written, "postponed": postponed, "provisional": provisional}

    def _first_missing(self) -> date | None:
        latest = self._reports.latest_final(KIND)
        return latest.day + _A_DAY if latest else self._projections.first_day()

    def _write(self, day: date) -> bool:
        """False where transactions of yesterday are still on their way: the next run has them."""
        is_old = day < self._today() - _A_DAY
        ledger = self._projections.close(LEDGER, day, lambda stock: is_old or _is_balanced(stock))
        if ledger is None:
            return False
        loans = self._projections.close(LOANS, day, lambda _: True)
        if loans is None:
            raise AssertionError("a day of loans is always ready")
        self._put(day, Stock(loans.before, ledger.before), Stock(loans.after, ledger.after), is_final=True)
        return True

    def _write_today(self) -> int:
        yesterday = self._today() - _A_DAY
        before = Stock(self._projections.stock(LOANS, yesterday), self._projections.stock(LEDGER, yesterday))
        after = Stock(self._projections.now(LOANS), self._projections.now(LEDGER))
        return int(self._put(self._today(), before, after, is_final=False))

    def _put(self, day: date, before: Stock, after: Stock, *, is_final: bool) -> bool:
        return self._reports.put(Report(KIND, day, is_final, summary(day, before, after)))

    def _today(self) -> date:
        return self._clock().date()


def _is_balanced(stock: Counts) -> bool:
    """Whether of every transaction all postings have come: they reach us one by one."""
    return sum(balances(stock).values()) == 0
