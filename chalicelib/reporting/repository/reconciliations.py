"""Progress of the segments of a reconciliation run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chalicelib.dynamodb.database import Database, already_written
from chalicelib.dynamodb.model import item_absent, version_unchanged
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.reporting.domain.reconciliation import Progress
from chalicelib.reporting.models import SegmentItem
from chalicelib.shared.ids import moment_of

_KEPT: Final = timedelta(days=90)
_RUN: Final = "RECONCILE#"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a reconciliation run, with the version that was read."""

    name: str
    version: int
    progress: Progress


class ReconciliationRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, run_id: str, segments: Mapping[str, Progress]) -> None:
        """Create all segments.

        Raises:
            AlreadyWrittenError: the run has begun before.
        """
        writes = WriteTransaction(self._database)
        for name, progress in segments.items():
            item = _item(run_id, Segment(name, 0, progress))
            writes.put(item, when=item_absent(SegmentItem), on_condition_failed=already_written)
        writes.commit()

    def find(self, run_id: str) -> list[Segment]:
        items = self._database.query_all(SegmentItem, _RUN + run_id, consistent=True)
        return [_segment(item) for item in items]

    def find_segment(self, run_id: str, name: str) -> Segment | None:
        item = self._database.get(SegmentItem, _RUN + run_id, name, consistent=True)
        return None if item is None else _segment(item)

    def save(self, run_id: str, segment: Segment, progress: Progress) -> None:
        """Store a segment's progress.

        Raises:
            OptimisticLockError: the segment has changed since it was read.
        """
        writes = WriteTransaction(self._database)
        moved = _item(run_id, Segment(segment.name, segment.version + 1, progress))
        writes.put(moved, when=version_unchanged(SegmentItem, segment.version))
        writes.commit()


def _item(run_id: str, segment: Segment) -> SegmentItem:
    return SegmentItem(
        _RUN + run_id,
        segment.name,
        version=segment.version,
        state=segment.progress.to_json(),
        expires_at=int((moment_of(run_id) + _KEPT).timestamp()),
    )


def _segment(item: SegmentItem) -> Segment:
    return Segment(item.sk, item.version, Progress.from_json(item.state))
