"""Keeping the projections: changes from the streams once each, days closed once, what stands now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from chalicelib.dynamodb.database import OptimisticLockError, retry_on_conflict
from chalicelib.observability.logging import logger
from chalicelib.reporting.domain.counters import PROJECTIONS, Counts, total
from chalicelib.reporting.domain.stream_changes import Change
from chalicelib.reporting.repository.projections import AlreadyApplied, Day, DayClosed, ProjectionRepository
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unavailable

_AT_ONCE: Final = 50
"""Records in a transaction: a mark each, the days they fall on, and an expression that stays below 4 KB."""
_ATTEMPTS: Final = 5
_MARKS_KEPT: Final = timedelta(days=7)
"""Far longer than a stream keeps its records, a day, and so than one can come again."""
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Closing:
    """What the counters stood at before a day and after it."""

    before: Counts
    after: Counts


class ProjectionService:
    """Counters by day: stock(D) = stock(D−1) + changes(D)."""

    def __init__(self, repository: ProjectionRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    def apply(self, projection: str, changes: Iterable[Change]) -> str | None:
        """Count changes, each once however often it comes; gives the place of the first that could not be counted."""
        telling = [change for change in changes if change.counts]
        for start in range(0, len(telling), _AT_ONCE):
            together = telling[start : start + _AT_ONCE]
            try:
                self._apply(projection, together)
            except Exception:  # noqa: BLE001 - the guard of one transaction: the stream gives its records again
                logger().exception("projection failed", extra={"projection": projection})
                return together[0].place
        return None

    def now(self, projection: str) -> Counts:
        """What the counters stand at."""
        closed = self._repository.closed(projection)
        stock = self._repository.stock(projection, closed.through) if closed else None
        after = closed.through if closed and stock is not None else None
        return total([stock or {}, *(day.counts for day in self._repository.changes(projection, after=after))])

    def last_closed(self, projection: str) -> Counts:
        """What the counters stood at when a day was closed last; nothing before the first."""
        closed = self._repository.closed(projection)
        return (self._repository.stock(projection, closed.through) if closed else None) or {}

    def first_day(self) -> date | None:
        """The first day that is or can be closed; None where nothing was counted yet."""
        closed = self._repository.closed(PROJECTIONS[0])
        if closed is not None:
            return closed.first
        days = [self._repository.first_day(projection) for projection in PROJECTIONS]
        return min((day for day in days if day is not None), default=None)

    def stock(self, projection: str, day: date) -> Counts:
        """What the counters stood at after a closed day; nothing before the first."""
        return self._repository.stock(projection, day) or {}

    def close(self, projection: str, day: date, is_ready: Callable[[Counts], bool]) -> Closing | None:
        """Fix what the counters stood at after a day, once for good; the day before it must be closed.

        Returns:
            The stocks around it; None where ``is_ready`` says of it that changes are still on their way.
        """
        return retry_on_conflict(lambda: self._close(projection, day, is_ready))

    def correct(self, projection: str, counts: Counts) -> None:
        """Add counters to today's changes, for a rebuild that has found a difference."""
        writes = self._repository.writes()
        self._repository.add_changes(writes, projection, {self._clock().date(): counts})
        writes.commit()

    def _apply(self, projection: str, changes: Sequence[Change]) -> None:
        left = {change.mark: change for change in changes}
        through = date.min
        for _ in range(_ATTEMPTS):
            try:
                self._commit(projection, left.values(), through)
            except AlreadyApplied:
                applied = self._repository.applied(list(left))
                left = {mark: change for mark, change in left.items() if mark not in applied}
            except DayClosed as closed:
                through = closed.through
            else:
                return
        raise Unavailable

    def _commit(self, projection: str, changes: Iterable[Change], through: date) -> None:
        by_day: dict[date, list[Counts]] = {}
        marks = []
        for change in changes:
            day = change.day if change.day > through else through + _A_DAY
            by_day.setdefault(day, []).append(change.counts)
            marks.append(change.mark)
        if not marks:
            return
        writes = self._repository.writes()
        self._repository.add_changes(writes, projection, {day: total(parts) for day, parts in by_day.items()})
        expires_at = int((self._clock() + _MARKS_KEPT).timestamp())
        self._repository.add_applied(writes, marks, expires_at)
        writes.commit()

    def _close(self, projection: str, day: date, is_ready: Callable[[Counts], bool]) -> Closing | None:
        closed = self._repository.closed(projection)
        if closed is None:
            self._open(day)
            raise OptimisticLockError
        if closed.through >= day:
            return Closing(self.stock(projection, day - _A_DAY), self.stock(projection, day))
        before = self._repository.stock(projection, closed.through)
        days = self._repository.changes(projection, after=None if before is None else closed.through, upto=day)
        stock = total([before or {}, *(each.counts for each in days)])
        if not is_ready(stock):
            return None
        last = next((each for each in days if each.day == day), Day(day, 0, {}))
        writes = self._repository.writes()
        self._repository.add_closing(writes, projection, last, was=closed, stock=stock)
        writes.commit()
        return Closing(before or {}, stock)

    def _open(self, first: date) -> None:
        """Both projections begin on the same day."""
        writes = self._repository.writes()
        for projection in PROJECTIONS:
            self._repository.add_opening(writes, projection, first)
        writes.commit()
