"""Reconciling the ledger: in segments, a few seconds a step, going on by the queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from chalicelib.dynamodb.database import Key, OptimisticLockError
from chalicelib.jobs.deadline import Deadline
from chalicelib.jobs.queue import BackgroundJob, JobQueue
from chalicelib.jobs.schedule import RECONCILE
from chalicelib.loans.service.reconciliation import LoanReconciliationReader
from chalicelib.reporting.domain.reconciliation import Part, Progress, outcome_of
from chalicelib.reporting.repository.reconciliations import ReconciliationRepository
from chalicelib.reporting.service.account_check import AccountChecker
from chalicelib.reporting.service.parallel import SEGMENTS, run_concurrently
from chalicelib.reporting.service.reconciliation_report import Findings
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import derived_id, first_id_of, moment_of, new_id
from chalicelib.wallets.domain.ledger import loan_account, wallet_account
from chalicelib.wallets.service import WalletService

STEP_SECONDS: Final = 10
"""A page more is read after that at most; five messages come together, to a worker that has a minute for them."""
_AT_START_SECONDS: Final = 15
"""An operator's call waits for it, and is cut off after 29 seconds."""
PAGE: Final = 1000
Reader = Callable[[Progress, int, str], Progress]
"""Reads a page of a segment, given how far it has come, its number and the run."""
_SETTLED_AFTER: Final = timedelta(seconds=30)
"""Longer than a request lasts, and so than its transaction can take to be written."""


class ReconciliationService:
    """Every wallet and loan against its postings, and all accounts to zero."""

    def __init__(
        self,
        repository: ReconciliationRepository,
        checker: AccountChecker,
        wallets: WalletService,
        loans: LoanReconciliationReader,
        findings: Findings,
        queue: JobQueue,
        clock: Clock,
        page_size: int = PAGE,
    ) -> None:
        self._page_size = page_size
        self._repository = repository
        self._checker = checker
        self._wallets = wallets
        self._loans = loans
        self._findings = findings
        self._queue = queue
        self._clock = clock
        self._readers: Mapping[Part, Reader] = {
            Part.LEDGER: self._read_ledger,
            Part.WALLETS: self._read_wallets,
            Part.ESCROWS: self._read_escrows,
        }

    def start(self, *, seconds: int = _AT_START_SECONDS) -> dict[str, int]:
        """Begin a run and work on all its segments for a while; what is left then goes on by the queue.

        Returns:
            What was found, where all was done; else how many segments go on.
        """
        run_id = new_id(self._clock())
        segments = self._begin(run_id, first_total=None)
        deadline = Deadline(seconds)
        finished = run_concurrently(lambda name: self._advance(run_id, name, deadline), segments)
        going_on = [name for name, is_done in zip(segments, finished, strict=True) if not is_done]
        if going_on:
            self._send(run_id, going_on)
            return {"segments": len(segments), "going_on": len(going_on)}
        return self._conclude(run_id, is_late=False)

    def step(self, work: BackgroundJob, *, seconds: int = STEP_SECONDS) -> int:
        """Work on one segment for a while; gives whether it is done.

        A step that is given twice, or dies, repeats some reading: progress is written under its version.
        """
        try:
            is_done = self._advance(work.subject, work.key, Deadline(seconds))
        except OptimisticLockError:  # the same message, given twice: the other worker goes on
            return 0
        if not is_done:
            self._send(work.subject, [work.key])
            return 0
        self._conclude(work.subject, is_late=True)
        return 1

    def _begin(self, run_id: str, first_total: int | None) -> list[str]:
        parts = {Part.LEDGER: SEGMENTS, Part.WALLETS: SEGMENTS, Part.ESCROWS: self._loans.sources}
        names = [f"{part}#{number}" for part, count in parts.items() for number in range(count)]
        self._repository.begin(run_id, {name: Progress(first_total=first_total) for name in names})
        return names

    def _send(self, run_id: str, names: list[str]) -> None:
        self._queue.send([BackgroundJob(RECONCILE, run_id, name) for name in names])

    def _advance(self, run_id: str, name: str, deadline: Deadline) -> bool:
        """Go on with a segment, a page at least; whether it is at its end."""
        segment = self._repository.find_segment(run_id, name)
        if segment is None or segment.progress.is_done:
            return True
        part, _, number = name.partition("#")
        read = self._readers[Part(part)]
        progress = segment.progress
        while not progress.is_done:
            progress = read(progress, int(number), run_id)
            if deadline.is_over:
                break
        self._repository.save(run_id, segment, progress)
        return progress.is_done

    def _read_ledger(self, progress: Progress, number: int, run_id: str) -> Progress:
        page = next(self._wallets.scan_totals(number, SEGMENTS, limit=self._page_size, after=_key(progress.after)))
        settled_before = first_id_of(moment_of(run_id) - _SETTLED_AFTER)
        read = progress.with_postings(page.items, settled_before=settled_before, goes_on=page.last_key is not None)
        unfinished = read.unfinished_account(page.items)
        counts, differences = self._checker.check({k: v for k, v in read.carried.items() if k != unfinished})
        left = {unfinished: read.carried[unfinished]} if unfinished else {}
        return replace(read, after=_text(page.last_key), carried=left).with_findings(counts, differences)

    def _read_wallets(self, progress: Progress, number: int, _run_id: str) -> Progress:
        """Wallets with money and without a posting: no page of the ledger would show them."""
        page = self._wallets.scan_wallets(number, SEGMENTS, limit=self._page_size, after=_key(progress.after))
        full = [wallet_account(wallet.user_id) for wallet in page.items if wallet.balance]
        baseless = [account for account in full if not self._wallets.newest_postings(account, limit=1)]
        counts, differences = self._checker.settle(baseless)
        read = replace(progress, after=_text(page.last_key), is_done=page.last_key is None)
        return read.with_findings({**counts, "wallets": len(page.items)}, differences)

    def _read_escrows(self, progress: Progress, number: int, _run_id: str) -> Progress:
        """Loans that should hold money: where its postings are missing, no page of the ledger would show them."""
        loan_ids, rest = self._loans.waiting(number, limit=self._page_size, after=progress.after)
        counts, differences = self._checker.settle(map(loan_account, loan_ids))
        read = replace(progress, after=rest, is_done=rest is None)
        return read.with_findings({**counts, "escrows": len(loan_ids)}, differences)

    def _conclude(self, run_id: str, *, is_late: bool) -> dict[str, int]:
        segments = self._repository.find(run_id)
        if not all(segment.progress.is_done for segment in segments):
            return {}
        outcome = outcome_of(segment.progress for segment in segments)
        if outcome.needs_second_look:
            self._look_again(run_id, outcome.total.cents)
            return {**outcome.counts, "second_look": 1}
        self._findings.write(run_id, outcome, is_late=is_late)
        return dict(outcome.counts)

    def _look_again(self, run_id: str, first_total: int) -> None:
        again = derived_id(moment_of(run_id), run_id, RECONCILE)
        try:
            names = self._begin(again, first_total)
        except OptimisticLockError:
            names = [segment.name for segment in self._repository.find(again)]
        self._send(again, names)


def _key(text: str | None) -> Key | None:
    key: Key | None = json.loads(text) if text else None
    return key


def _text(key: Key | None) -> str | None:
    return json.dumps(key) if key else None
