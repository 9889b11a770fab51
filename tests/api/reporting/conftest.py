"""An operator and a player of the tables' streams."""

from pathlib import Path

import pytest

from chalicelib.container import Container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.factories import User, UserFactory
from tests.integration.reporting.stream_player import StreamPlayer

__all__ = ["operator", "player"]


@pytest.fixture
def operator(user_factory: UserFactory) -> User:
    """An operator."""
    return user_factory.operator()


@pytest.fixture
def player(container: Container, settings: Settings, streams: None, clock: FixedClock, tmp_path: Path) -> StreamPlayer:
    """The streams since the start of the test."""
    return StreamPlayer(settings, tmp_path / "positions.json", clock)
