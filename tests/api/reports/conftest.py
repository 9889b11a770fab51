"""People who are signed in, with tokens that last as long as a loan; streams that the test plays."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.container import Container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.integration.reports.player import StreamPlayer
from tests.newcomers import Newcomers, newcomers, settings
from tests.people import Person

__all__ = ["newcomers", "operator", "player", "settings"]


@pytest.fixture
def operator(newcomers: Newcomers) -> Person:
    """An operator."""
    return newcomers.operator()


@pytest.fixture
def player(container: Container, settings: Settings, streams: None, clock: FixedClock, tmp_path: Path) -> StreamPlayer:
    """The streams, from the beginning of the test on."""
    return StreamPlayer(settings, tmp_path / "places.json", clock)
