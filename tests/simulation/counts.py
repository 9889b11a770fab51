"""Figures that the simulation tests collect. They travel with the test reports, also from parallel workers."""

from collections import Counter, defaultdict
from typing import Final

import pytest

_PROPERTY: Final = "simulation"


class Counts:
    """The figures of one test."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def add(self, name: str, good: int, total: int) -> None:
        """Add to a figure: ``good`` of ``total``."""
        self._node.user_properties.append((_PROPERTY, [name, good, total, 0.0]))

    def add_seconds(self, name: str, seconds: float) -> None:
        """Add to the processor time of a figure."""
        self._node.user_properties.append((_PROPERTY, [name, 0, 0, seconds]))


@pytest.fixture
def counts(request: pytest.FixtureRequest) -> Counts:
    """The figures of this test."""
    node: pytest.Item = request.node
    return Counts(node)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the sums of all tests."""
    good, total, spent = Counter[str](), Counter[str](), defaultdict[str, float](float)
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]
    figures = [value for report in reports for key, value in report.user_properties if key == _PROPERTY]
    for name, some, every, seconds in figures:
        good[name] += some
        total[name] += every
        spent[name] += seconds
    for name, every in total.items():
        rate = f", {every / spent[name]:.0f} per second of processor time" if spent[name] else ""
        terminalreporter.write_line(f"simulation: {name}: {good[name]:,} of {every:,}{rate}")
