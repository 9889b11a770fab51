"""Fixtures of the simulation: worlds on the double, and the figures of its tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.figures import figures
from tests.simulation.world import World, simulation

__all__ = ["figures", "full_world", "world"]


@pytest.fixture
def world(signing_key_file: str) -> Iterator[World]:
    """The platform on an empty double."""
    with simulation(signing_key_file) as made:
        yield made


@pytest.fixture
def full_world(signing_key_file: str) -> Iterator[World]:
    """The platform with everything that it may call: a cache, a secret, limits that are counted."""
    with simulation(signing_key_file, is_full=True) as made:
        yield made
