"""Figures that the tests of this folder gather; they travel with the tests' reports, from parallel workers too."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest

_MARK: Final = "simulation"


class Figures:
    """Where one test tells its figures."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def tell(self, what: str, good: int, total: int) -> None:
        """Add to a figure: so many of so many."""
        self._node.user_properties.append((_MARK, [what, good, total]))


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where this test tells its figures."""
    node: pytest.Item = request.node
    return Figures(node)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the sums of all tests."""
    good, total = Counter[str](), Counter[str]()
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]
    told = [figures for report in reports for mark, figures in report.user_properties if mark == _MARK]
    for what, some, every in told:
        good[what] += some
        total[what] += every
    for what, every in total.items():
        terminalreporter.write_line(f"simulation: {what}: {good[what]:,} of {every:,}")
