"""Working every projection out anew from the tables, and comparing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from chalicelib.loans.service.reconciliation import LoanReconciliationReader
from chalicelib.reporting.domain.counters import LEDGER, LOANS, Counts, difference, loan_counts, posting_counts, total
from chalicelib.reporting.service.parallel import SEGMENTS, run_concurrently
from chalicelib.reporting.service.projections import ProjectionService
from chalicelib.wallets.service import WalletService

_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the streams have made of a projection, and what the table says."""

    projection: str
    kept: Counts
    rebuilt: Counts

    @property
    def agrees(self) -> bool:
        """Whether both are the same, byte for byte."""
        return _text(self.kept) == _text(self.rebuilt)

    @property
    def missing(self) -> Counts:
        """What must be added to what is kept."""
        return difference(self.rebuilt, self.kept)


class RebuildService:
    """Reads the loans and the ledger in segments: for operators at a quiet hour."""

    def __init__(self, projections: ProjectionService, wallets: WalletService, loans: LoanReconciliationReader) -> None:
        self._projections = projections
        self._wallets = wallets
        self._loans = loans

    def compare(self) -> list[Comparison]:
        """Every projection against its table. Money that moves meanwhile shows as a difference."""
        rebuild: dict[str, Callable[[int], Counts]] = {LOANS: self._count_loans, LEDGER: self._count_postings}
        return [
            Comparison(name, self._projections.now(name), total(run_concurrently(count, range(SEGMENTS))))
            for name, count in rebuild.items()
        ]

    def repair(self, *, pause_seconds: int) -> list[Comparison]:
        """Add what is missing in two looks alike, as changes of today; what still moves is left alone.

        Returns:
            The comparison after it.
        """
        first = {each.projection: each.missing for each in self.compare()}
        time.sleep(pause_seconds)
        for each in self.compare():
            if each.missing and each.missing == first[each.projection]:
                self._projections.correct(each.projection, each.missing)
        return self.compare()

    def _count_loans(self, segment: int) -> Counts:
        return _summed(loan_counts(loan) for loan in self._loans.scan(segment, SEGMENTS))

    def _count_postings(self, segment: int) -> Counts:
        return _summed(posting_counts(posting) for posting in self._wallets.scan_postings(segment, SEGMENTS))


def _summed(parts: Iterable[Counts]) -> Counts:
    """Add up without keeping more than a thousand parts."""
    summed: Counts = {}
    waiting: list[Counts] = []
    for part in parts:
        waiting.append(part)
        if len(waiting) == _AT_ONCE:
            summed, waiting = total((summed, *waiting)), []
    return total((summed, *waiting))


def _text(counts: Counts) -> str:
    return json.dumps(counts, sort_keys=True)
