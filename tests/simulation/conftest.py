"""Fixtures of the simulation: a world on the double, and the figures of its tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.figures import figures, pytest_terminal_summary
from tests.simulation.world import World, simulation

__all__ = ["figures", "pytest_terminal_summary", "world"]


@pytest.fixture
def world(signing_key_file: str) -> Iterator[World]:
    """The platform on an empty double."""
    with simulation(signing_key_file) as made:
        yield made
