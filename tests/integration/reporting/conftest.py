"""A player of the tables' streams, and the reconciliation with its alarms."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from chalicelib.container import Container
from chalicelib.observability import metrics
from chalicelib.reporting.service.reconciliation import ReconciliationService
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.context import context_value
from chalicelib.shared.settings import Settings
from tests.integration.reporting.reconciliation_runs import build_service
from tests.integration.reporting.stream_player import StreamPlayer
from tests.queues import RecordingQueue


@pytest.fixture
def player(container: Container, settings: Settings, streams: None, clock: FixedClock, tmp_path: Path) -> StreamPlayer:
    """The streams since the start of the test."""
    return StreamPlayer(settings, tmp_path / "positions.json", clock)


@pytest.fixture
def alarms() -> Iterator[Mapping[str, int]]:
    """Counts of the alarms that a test raises, by name."""
    counts: Counter[str] = Counter()
    with context_value(metrics.TALLY, counts):
        yield counts


@pytest.fixture
def service(container: Container, queue: RecordingQueue, clock: FixedClock) -> ReconciliationService:
    """The service with one shard of loans."""
    return build_service(container, queue, clock)
