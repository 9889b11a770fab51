"""What a reconciliation has found: kept as the report of its day, and alarmed about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from chalicelib.jobs.run_repository import RunRepository
from chalicelib.jobs.schedule import JobName, JobRun
from chalicelib.reporting.domain.reconciliation import Outcome
from chalicelib.reporting.repository.reports import Report, ReportRepository
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import moment_of

KIND: Final = JobName.RECONCILE_LEDGER.value
MISMATCH: Final = "LedgerMismatches"
COUNTED: Final = ("postings", "accounts", "wallets", "escrows", "differences", "undecided")
_A_MILLISECOND: Final = timedelta(milliseconds=1)

Alarm = Callable[[str, int], None]
"""Raises an alarm metric of a name with a count."""


class Findings:
    """Writes down the outcome of a run. Doing so twice changes nothing."""

    def __init__(self, reports: ReportRepository, runs: RunRepository, alarm: Alarm, clock: Clock) -> None:
        self._reports = reports
        self._runs = runs
        self._alarm = alarm
        self._clock = clock

    def write(self, run_id: str, outcome: Outcome, *, is_late: bool) -> None:
        """Keep the report, and the run where the task that began it has long ended; alarm where money differs."""
        content = {
            "run": run_id,
            "total": str(outcome.total),
            **{name: outcome.counts.get(name, 0) for name in COUNTED},
            "listed": [
                {"account": each.account, "expected": str(each.expected), "found": str(each.found)}
                for each in outcome.differences
            ],
        }
        self._reports.put(Report(KIND, moment_of(run_id).date(), is_final=False, content=content))
        if is_late:
            took = (self._clock() - moment_of(run_id)) // _A_MILLISECOND
            self._runs.put(JobRun(run_id, JobName.RECONCILE_LEDGER, took, outcome.counts))
        differences = outcome.counts.get("differences", 0)
        if differences:
            self._alarm(MISMATCH, differences)
