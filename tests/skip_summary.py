"""Pytest plugin: one line for each reason for which tests were skipped, at the end of the run."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the reasons with the number of tests."""
    reasons = Counter(_reason(report) for report in terminalreporter.getreports("skipped"))
    for reason, tests in reasons.items():
        noun = "test" if tests == 1 else "tests"
        terminalreporter.write_line(f"SKIPPED {tests} {noun}: {reason}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(report.longrepr)
