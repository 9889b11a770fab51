"""Keep counters from the tables' streams, close days, and rebuild the counters from the tables."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.loans.service.reconciliation import LoanReconciliationReader
from chalicelib.observability.logging import logger
from chalicelib.reporting.domain.counters import (
    LEDGER,
    LOANS,
    PROJECTIONS,
    CounterChange,
    Counts,
    difference,
    loan_counts,
    posting_counts,
    total,
)
from chalicelib.reporting.repository.projections import AlreadyApplied, Day, DayClosed, ProjectionRepository
from chalicelib.reporting.repository.stream_records import counter_change_of
from chalicelib.reporting.service.parallel import SEGMENTS, run_concurrently
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unavailable
from chalicelib.wallets.service import WalletService

_BATCH_SIZE: Final = 50
"""Records per transaction: one event key each, the days they belong to, and an expression below 4 KB."""
_ATTEMPTS: Final = 5
_EVENT_KEY_RETENTION: Final = timedelta(days=7)
"""Streams keep records for one day, so a record cannot return after that."""
_ONE_DAY: Final = timedelta(days=1)
_SUM_SIZE: Final = 1000


@dataclass(frozen=True, slots=True)
class DayClosing:
    """The counters before and after a closed day."""

    before: Counts
    after: Counts


@dataclass(frozen=True, slots=True)
class Comparison:
    """The counters of a projection as stored, and as rebuilt from its table."""

    projection: str
    stored: Counts
    rebuilt: Counts

    @property
    def agrees(self) -> bool:
        return json.dumps(self.stored, sort_keys=True) == json.dumps(self.rebuilt, sort_keys=True)

    @property
    def missing(self) -> Counts:
        return difference(self.rebuilt, self.stored)


class ProjectionService:
    """Counters by day: stock(D) = stock(D−1) + changes(D)."""

    def __init__(
        self,
        repository: ProjectionRepository,
        wallets: WalletService,
        loans: LoanReconciliationReader,
        clock: Clock,
        real_time: Clock,
    ) -> None:
        self._repository = repository
        self._wallets = wallets
        self._loans = loans
        self._clock = clock
        self._real_time = real_time
        self._counts_of_image: Mapping[str, Callable[[Mapping[str, Any]], Counts]] = {
            LOANS: lambda image: loan_counts(loans.loan_of_image(image)),
            LEDGER: lambda image: posting_counts(wallets.posting_of_image(image)),
        }

    def apply(self, projection: str, records: Iterable[Mapping[str, Any]]) -> str | None:
        """Count the stream records of a projection's table, each once, however often it is delivered.

        Returns:
            The sequence number of the first record that was not counted; None if all were.
        """
        changes: list[CounterChange] = []
        unreadable: str | None = None
        for record in records:
            try:
                changes.append(counter_change_of(record, self._counts_of_image[projection]))
            except Exception:  # noqa: BLE001 - the guard of one record: those before it are counted
                logger().exception("unreadable record", extra={"projection": projection})
                unreadable = str(record["dynamodb"]["SequenceNumber"])
                break
        return self._apply_changes(projection, changes) or unreadable

    def current(self, projection: str) -> Counts:
        """Return the counters as they are now."""
        closed = self._repository.closed(projection)
        stock = self._repository.stock(projection, closed.through) if closed else None
        after = closed.through if closed and stock is not None else None
        return total([stock or {}, *(day.counts for day in self._repository.changes(projection, after=after))])

    def last_closed(self, projection: str) -> Counts:
        """Return the counters after the last closed day; empty before the first."""
        closed = self._repository.closed(projection)
        return (self._repository.stock(projection, closed.through) if closed else None) or {}

    def first_day(self) -> date | None:
        """Return the first day that is or can be closed; None if nothing was counted yet."""
        closed = self._repository.closed(PROJECTIONS[0])
        if closed is not None:
            return closed.first
        days = [self._repository.first_day(projection) for projection in PROJECTIONS]
        return min((day for day in days if day is not None), default=None)

    def stock(self, projection: str, day: date) -> Counts:
        """Return the counters after a closed day; empty before the first."""
        return self._repository.stock(projection, day) or {}

    def close(self, projection: str, day: date, is_complete: Callable[[Counts], bool]) -> DayClosing | None:
        """Fix the counters of a day for good; the day before it must be closed.

        Returns:
            The counters before and after the day; None if ``is_complete`` finds that changes are still missing.
        """
        return retry_on_conflict(lambda: self._close(projection, day, is_complete))

    def compare(self) -> list[Comparison]:
        """Compare every projection with its table. Money that moves meanwhile appears as a difference."""
        rebuilds: dict[str, Callable[[int], Counts]] = {LOANS: self._count_loans, LEDGER: self._count_postings}
        return [
            Comparison(name, self.current(name), total(run_concurrently(count, range(SEGMENTS))))
            for name, count in rebuilds.items()
        ]

    def repair(self, *, pause_seconds: int) -> list[Comparison]:
        """Add counts that two comparisons find missing, as changes of today. What still moves is not changed.

        Returns:
            The comparison after the repair.
        """
        first = {each.projection: each.missing for each in self.compare()}
        time.sleep(pause_seconds)
        for each in self.compare():
            if each.missing and each.missing == first[each.projection]:
                writes = self._repository.writes()
                self._repository.add_changes(writes, each.projection, {self._clock().date(): each.missing})
                writes.commit()
        return self.compare()

    def _apply_changes(self, projection: str, changes: Iterable[CounterChange]) -> str | None:
        with_counts = [change for change in changes if change.counts]
        for start in range(0, len(with_counts), _BATCH_SIZE):
            batch = with_counts[start : start + _BATCH_SIZE]
            try:
                self._apply_batch(projection, batch)
            except Exception:  # noqa: BLE001 - the guard of one transaction: the stream delivers its records again
                logger().exception("projection failed", extra={"projection": projection})
                return batch[0].sequence_number
        return None

    def _apply_batch(self, projection: str, changes: Sequence[CounterChange]) -> None:
        remaining = {change.event_key: change for change in changes}
        closed_through = date.min
        for _ in range(_ATTEMPTS):
            try:
                self._commit(projection, remaining.values(), closed_through)
            except AlreadyApplied:
                applied = self._repository.applied(list(remaining))
                remaining = {key: change for key, change in remaining.items() if key not in applied}
            except DayClosed as closed:
                closed_through = closed.through
            else:
                return
        raise Unavailable

    def _commit(self, projection: str, changes: Iterable[CounterChange], closed_through: date) -> None:
        by_day: dict[date, list[Counts]] = {}
        event_keys = []
        for change in changes:
            day = change.day if change.day > closed_through else closed_through + _ONE_DAY
            by_day.setdefault(day, []).append(change.counts)
            event_keys.append(change.event_key)
        if not event_keys:
            return
        writes = self._repository.writes()
        self._repository.add_changes(writes, projection, {day: total(parts) for day, parts in by_day.items()})
        expires_at = int((self._real_time() + _EVENT_KEY_RETENTION).timestamp())
        self._repository.add_applied(writes, event_keys, expires_at)
        writes.commit()

    def _close(self, projection: str, day: date, is_complete: Callable[[Counts], bool]) -> DayClosing | None:
        closed = self._repository.closed(projection)
        if closed is None:
            self._open(day)
            raise OptimisticLockError
        if closed.through >= day:
            return DayClosing(self.stock(projection, day - _ONE_DAY), self.stock(projection, day))
        before = self._repository.stock(projection, closed.through)
        days = self._repository.changes(projection, after=None if before is None else closed.through, upto=day)
        stock = total([before or {}, *(each.counts for each in days)])
        if not is_complete(stock):
            return None
        last = next((each for each in days if each.day == day), Day(day, 0, {}))
        writes = self._repository.writes()
        self._repository.add_closing(writes, projection, last, was=closed, stock=stock)
        writes.commit()
        return DayClosing(before or {}, stock)

    def _open(self, first: date) -> None:
        """Let both projections start on the same day."""
        writes = self._repository.writes()
        for projection in PROJECTIONS:
            self._repository.add_opening(writes, projection, first)
        writes.commit()

    def _count_loans(self, segment: int) -> Counts:
        return _sum(loan_counts(loan) for loan in self._loans.scan(segment, SEGMENTS))

    def _count_postings(self, segment: int) -> Counts:
        return _sum(posting_counts(posting) for posting in self._wallets.scan_postings(segment, SEGMENTS))


def _sum(parts: Iterable[Counts]) -> Counts:
    summed: Counts = {}
    pending: list[Counts] = []
    for part in parts:
        pending.append(part)
        if len(pending) == _SUM_SIZE:
            summed, pending = total((summed, *pending)), []
    return total((summed, *pending))
