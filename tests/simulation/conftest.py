"""Fixtures of the simulation: a world on the double."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.figures import figures
from tests.simulation.world import World, simulation


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of the simulation."""
    for line in figures():
        terminalreporter.write_line(f"simulation: {line}")


@pytest.fixture
def world(signing_key_file: str) -> Iterator[World]:
    """The platform on an empty double."""
    with simulation(signing_key_file) as made:
        yield made
