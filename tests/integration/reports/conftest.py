"""A platform whose streams are played by the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.common.clock import FixedClock
from chalicelib.common.settings import Settings
from chalicelib.wiring import Platform
from tests.integration.reports.player import StreamPlayer


@pytest.fixture
def player(platform: Platform, settings: Settings, streams: None, clock: FixedClock, tmp_path: Path) -> StreamPlayer:
    """The streams, from the beginning of the test on."""
    return StreamPlayer(settings, tmp_path / "positions.json", clock)
