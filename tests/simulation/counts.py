"""Figures that the tests of this folder gather; they travel with the tests' reports, from parallel workers too."""

from collections import Counter, defaultdict
from typing import Final

import pytest

_MARK: Final = "simulation"


class Counts:
    """Where one test tells its figures."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def tell(self, what: str, good: int, total: int) -> None:
        """Add to a figure: so many of so many."""
        self._node.user_properties.append((_MARK, [what, good, total, 0.0]))

    def spend(self, what: str, seconds: float) -> None:
        """Add to the processor time that a figure took."""
        self._node.user_properties.append((_MARK, [what, 0, 0, seconds]))


@pytest.fixture
def counts(request: pytest.FixtureRequest) -> Counts:
    """Where this test tells its figures."""
    node: pytest.Item = request.node
    return Counts(node)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the sums of all tests."""
    good, total, spent = Counter[str](), Counter[str](), defaultdict[str, float](float)
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]
    told = [counts for report in reports for mark, counts in report.user_properties if mark == _MARK]
    for what, some, every, seconds in told:
        good[what] += some
        total[what] += every
        spent[what] += seconds
    for what, every in total.items():
        rate = f", {every / spent[what]:.0f} a second of processor time" if spent[what] else ""
        terminalreporter.write_line(f"simulation: {what}: {good[what]:,} of {every:,}{rate}")
