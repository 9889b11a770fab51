"""Reconcile the ledger: in segments, a few seconds at a time, continued through the queue."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.dynamodb.database import Key
from chalicelib.dynamodb.errors import AlreadyWrittenError, OptimisticLockError
from chalicelib.jobs.deadline import Deadline
from chalicelib.jobs.queue import BackgroundJob, JobQueue
from chalicelib.jobs.run_repository import JobRun, RunRepository
from chalicelib.jobs.schedule import JobName
from chalicelib.observability.logging import raise_alarm
from chalicelib.reporting.domain.reconciliation import (
    BANK_STATEMENT,
    Difference,
    Progress,
    ReconciliationResult,
    SegmentKind,
    combine,
)
from chalicelib.reporting.domain.report import Report
from chalicelib.reporting.repository.reconciliations import ReconciliationRepository
from chalicelib.reporting.repository.reports import ReportRepository
from chalicelib.reporting.service.account_check import AccountChecker
from chalicelib.reporting.service.parallel import SEGMENTS, run_concurrently
from chalicelib.reporting.service.reports import RECONCILIATION_REPORT
from chalicelib.reporting.service.reservation_check import ReconciledData, ReservationChecker
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import derived_id, first_id_of, moment_of, new_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.transfer import Direction, TransferStatus
from chalicelib.wallets.domain.ledger import loan_account, receivable_account, wallet_account

RECONCILE: Final = "RECONCILE"
"""The kind of background job that continues a segment."""
STEP_SECONDS: Final = 10
"""At most one page more is read after that. A worker receives five messages and has one minute for them."""
PAGE_SIZE: Final = 1000
LEDGER_MISMATCHES: Final = "LedgerMismatches"
_START_SECONDS: Final = 15
"""An operator waits for it in a request that ends after 29 seconds."""
_SETTLED_AFTER: Final = timedelta(seconds=30)
"""Longer than a request, and so longer than writing its transaction takes."""
_REPORTED_COUNTS: Final = (
    "postings",
    "accounts",
    "wallets",
    "escrows",
    "transfers",
    "reservations",
    "receivables",
    "differences",
    "undecided",
)
_OPEN: Final = frozenset({TransferStatus.REQUESTED, TransferStatus.SUBMITTED})
_ONE_MILLISECOND: Final = timedelta(milliseconds=1)

SegmentReader = Callable[[Progress, int, str], Progress]
"""Reads a page of a segment, given its progress, its number and the run."""


class ReconciliationService:
    """Compares wallets, receivables and loans with their postings, and the sum of all accounts with zero.

    It also compares cash with the stored transfers, reserved money with what reserves it, and the closing balance of
    the newest bank statement with what is booked.
    """

    def __init__(
        self,
        repository: ReconciliationRepository,
        data: ReconciledData,
        reports: ReportRepository,
        runs: RunRepository,
        queue: JobQueue,
        clock: Clock,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._repository = repository
        self._checker = AccountChecker(data.wallets, data.loans)
        self._reservations = ReservationChecker(data)
        self._wallets = data.wallets
        self._loans = data.loans
        self._transfers = data.transfers
        self._statements = data.statements
        self._reports = reports
        self._runs = runs
        self._queue = queue
        self._clock = clock
        self._page_size = page_size
        self._readers: Mapping[SegmentKind, SegmentReader] = {
            SegmentKind.LEDGER: self._read_ledger,
            SegmentKind.WALLETS: self._read_wallets,
            SegmentKind.ESCROWS: self._read_escrows,
            SegmentKind.TRANSFERS: self._read_transfers,
            SegmentKind.BANK: self._read_statement,
        }

    def start(self, *, seconds: int = _START_SECONDS) -> dict[str, int]:
        """Start a run and work on all segments for some seconds; the queue continues the rest.

        Progress is stored only if there is a rest: most runs are done with the first page of each segment.

        Returns:
            The counts of the run if it is done, else the number of segments that continue.
        """
        run_id = new_id(self._clock())
        names, deadline = self._segment_names(), Deadline(seconds)
        read = run_concurrently(lambda name: self._read(run_id, name, Progress(), deadline), names)
        unfinished = [name for name, progress in zip(names, read, strict=True) if not progress.is_done]
        if unfinished:
            self._repository.begin(run_id, dict(zip(names, read, strict=True)))
            self._send(run_id, unfinished)
            return {"segments": len(names), "going_on": len(unfinished)}
        return self._conclude(run_id, read, is_late=False)

    def continue_segment(self, job: BackgroundJob, *, seconds: int = STEP_SECONDS) -> int:
        """Work on one segment for some seconds; returns 1 if it is done, else 0.

        A step that runs twice or is killed only repeats reads: progress is written under its version.
        """
        try:
            is_done = self._advance(job.subject, job.key, Deadline(seconds))
        except OptimisticLockError:  # the message was delivered twice, and the other worker continues
            return 0
        if not is_done:
            self._send(job.subject, [job.key])
            return 0
        segments = self._repository.find(job.subject)
        if segments and all(segment.progress.is_done for segment in segments):
            self._conclude(job.subject, [segment.progress for segment in segments], is_late=True)
        return 1

    def _segment_names(self) -> list[str]:
        counts = {
            SegmentKind.LEDGER: SEGMENTS,
            SegmentKind.WALLETS: SEGMENTS,
            SegmentKind.ESCROWS: self._loans.sources,
            SegmentKind.TRANSFERS: SEGMENTS,
            SegmentKind.BANK: 1,
        }
        return [f"{kind}#{number}" for kind, count in counts.items() for number in range(count)]

    def _send(self, run_id: str, names: Sequence[str]) -> None:
        self._queue.send([BackgroundJob(RECONCILE, run_id, name) for name in names])

    def _advance(self, run_id: str, name: str, deadline: Deadline) -> bool:
        """Read at least one page of a segment and store its progress; returns whether it is done."""
        segment = self._repository.find_segment(run_id, name)
        if segment is None or segment.progress.is_done:
            return True
        progress = self._read(run_id, name, segment.progress, deadline)
        self._repository.save(run_id, segment, progress)
        return progress.is_done

    def _read(self, run_id: str, name: str, progress: Progress, deadline: Deadline) -> Progress:
        """Read at least one page of a segment that is not done."""
        kind, _, number = name.partition("#")
        read = self._readers[SegmentKind(kind)]
        while not progress.is_done:
            progress = read(progress, int(number), run_id)
            if deadline.is_over:
                break
        return progress

    def _read_ledger(self, progress: Progress, number: int, run_id: str) -> Progress:
        page = next(self._wallets.scan_totals(number, SEGMENTS, limit=self._page_size, after=_key(progress.after)))
        settled_before = first_id_of(_settled_before(run_id))
        read = progress.with_postings(page.items, settled_before=settled_before, has_more=page.last_key is not None)
        unfinished = read.unfinished_account(page.items)
        counts, differences = self._checker.check({k: v for k, v in read.carried.items() if k != unfinished})
        carried = {unfinished: read.carried[unfinished]} if unfinished else {}
        return replace(read, after=_text(page.last_key), carried=carried).with_differences(counts, differences)

    def _read_wallets(self, progress: Progress, number: int, run_id: str) -> Progress:
        """Check reserved money, and wallets that no page of the ledger contains, although they are not empty."""
        page = self._wallets.scan_wallets(number, SEGMENTS, limit=self._page_size, after=_key(progress.after))
        accounts = [wallet_account(wallet.user_id) for wallet in page.items if wallet.balance]
        accounts += [receivable_account(wallet.user_id) for wallet in page.items if wallet.receivable]
        without_postings = [each for each in accounts if not self._wallets.newest_postings(each, limit=1)]
        counts, differences = self._checker.confirm(without_postings)
        read = replace(progress, after=_text(page.last_key), is_done=page.last_key is None)
        read = read.with_differences({**counts, "wallets": len(page.items)}, differences)
        reserving = [wallet.user_id for wallet in page.items if wallet.reserved]
        read = read.with_differences(*self._reservations.check(reserving, settled_before=_settled_before(run_id)))
        return read.with_receivables({each.user_id: each.receivable for each in page.items if each.receivable})

    def _read_escrows(self, progress: Progress, number: int, _run_id: str) -> Progress:
        """Check loans that should hold money: if their postings are missing, no page of the ledger contains them."""
        loan_ids, after = self._loans.waiting(number, limit=self._page_size, after=progress.after)
        counts, differences = self._checker.confirm(map(loan_account, loan_ids))
        read = replace(progress, after=after, is_done=after is None)
        return read.with_differences({**counts, "escrows": len(loan_ids)}, differences)

    def _read_transfers(self, progress: Progress, number: int, run_id: str) -> Progress:
        """Sum what transfers have moved, and check the wallets that open withdrawals should reserve money in."""
        page = self._transfers.scan(number, SEGMENTS, limit=self._page_size, after=_key(progress.after))
        settled_before = _settled_before(run_id)
        read = replace(progress, after=_text(page.last_key), is_done=page.last_key is None)
        read = read.with_transfers(page.items, settled_before=first_id_of(settled_before))
        withdrawals = (each for each in page.items if each.direction is Direction.WITHDRAWAL and each.status in _OPEN)
        without = [each.user_id for each in withdrawals if not self._wallets.balance_of(each.user_id).reserved]
        return read.with_differences(*self._reservations.check(without, settled_before=settled_before))

    def _read_statement(self, progress: Progress, _number: int, _run_id: str) -> Progress:
        """Compare the newest statement, if its lines are booked, with what is booked of the bank account by then."""
        read, newest = replace(progress, is_done=True), self._statements.newest()
        if newest is None or not newest.difference:
            return read
        booked = newest.closing - newest.difference
        return read.with_differences({}, [Difference(BANK_STATEMENT, newest.closing, booked)])

    def _conclude(self, run_id: str, segments: Iterable[Progress], *, is_late: bool) -> dict[str, int]:
        result = combine(segments)
        if result.must_be_repeated:
            self._repeat(run_id, Progress(first_total=result.total.cents, first_cash=result.cash.cents))
            return {**result.counts, "second_look": 1}
        self._write_report(run_id, result, is_late=is_late)
        return dict(result.counts)

    def _repeat(self, run_id: str, start: Progress) -> None:
        repeated_id = derived_id(moment_of(run_id), run_id, RECONCILE)
        names = self._segment_names()
        try:
            self._repository.begin(repeated_id, dict.fromkeys(names, start))
        except AlreadyWrittenError:
            names = [segment.name for segment in self._repository.find(repeated_id)]
        self._send(repeated_id, names)

    def _write_report(self, run_id: str, result: ReconciliationResult, *, is_late: bool) -> None:
        """Write the report, the run if its job has ended without a result, and an alarm; repeating it is harmless."""
        content = {
            "run": run_id,
            "total": str(result.total),
            **{name: result.counts.get(name, 0) for name in _REPORTED_COUNTS},
            "listed": [
                {"account": each.account, "expected": str(each.expected), "found": str(each.found)}
                for each in result.differences
            ],
            "receivable": str(Money(result.counts.get("receivable_cents", 0))),
            "owed": [{"user_id": user_id, "amount": str(Money(cents))} for user_id, cents in result.receivables],
        }
        self._reports.put(Report(RECONCILIATION_REPORT, moment_of(run_id).date(), is_final=False, content=content))
        if is_late:
            duration_ms = (self._clock() - moment_of(run_id)) // _ONE_MILLISECOND
            self._runs.put(JobRun(run_id, JobName.RECONCILE_LEDGER, duration_ms, result.counts))
        differences = result.counts.get("differences", 0)
        if differences:
            raise_alarm(LEDGER_MISMATCHES, differences)


def _settled_before(run_id: str) -> datetime:
    """Return the time before which everything is completely written and indexed."""
    return moment_of(run_id) - _SETTLED_AFTER


def _key(text: str | None) -> Key | None:
    key: Key | None = json.loads(text) if text else None
    return key


def _text(key: Key | None) -> str | None:
    return json.dumps(key) if key else None
