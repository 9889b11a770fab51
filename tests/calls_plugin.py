"""Pytest plugin: fail a run in which the functions' calls to AWS differ from their policies.

A call that is missing in `infra/calls.json` fails every run; a listed call that no test makes fails a run of all tests.
`make record-calls` runs all tests and rewrites the file. If tests run in several processes, the first one compares.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

import pytest

from infra.policies import CALLS, Calls, read_calls
from tests.recorded_calls import RECORDER

_TESTS: Final = Path(__file__).parent
_FOLDERS: Final = ("api", "integration", "security", "unit")
_OUTPUT: Final = "recorded_calls"


class CallsPlugin:
    """Collects the calls of every process and compares them at the end."""

    def __init__(self) -> None:
        self._calls: Calls = {}
        self._files: set[str] = set()
        self._failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._files.add(report.nodeid.partition("::")[0])
        self._failed |= report.failed

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._add(getattr(node, "workeroutput", {}).get(_OUTPUT, {}))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Pass the calls to the first process, or compare them there."""
        seen = {caller: {on: sorted(acts) for on, acts in calls.items()} for caller, calls in RECORDER.seen.items()}
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = seen
            return
        self._add(seen)
        if os.environ.get("RECORD_CALLS"):
            CALLS.write_text(json.dumps(self._calls, indent=2, sort_keys=True) + "\n", encoding="utf-8")
            return
        complaints = self._compared(session)
        if complaints:
            _fail(session, "\n".join([*complaints, "`make record-calls` rewrites the list."]))

    def _add(self, seen: Calls) -> None:
        for caller, calls in seen.items():
            known = self._calls.setdefault(caller, {})
            for on, actions in calls.items():
                known[on] = sorted({*known.get(on, ()), *actions})

    def _compared(self, session: pytest.Session) -> list[str]:
        seen, known = _flat(self._calls), _flat(read_calls())
        missing = [f"no policy allows {call}" for call in sorted(seen - known)]
        spare = [f"no test makes {call}" for call in sorted(known - seen)] if self._everything_ran(session) else []
        return missing + spare

    def _everything_ran(self, session: pytest.Session) -> bool:
        # Tests of infra only read templates.
        paths = [path for folder in _FOLDERS for path in (_TESTS / folder).rglob("test_*.py")]
        files = {str(path.relative_to(session.config.rootpath)) for path in paths if path.parent.name != "infra"}
        options = session.config.option
        return not (self._failed or options.keyword or options.markexpr) and files <= self._files


def _fail(session: pytest.Session, why: str) -> None:
    """Add an error to the summary and to the exit status."""
    report = pytest.CollectReport("infra/calls.json", "failed", why, [])
    session.config.hook.pytest_collectreport(report=report)
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _flat(calls: Calls) -> set[str]:
    return {f"{caller}: {act} on {on}" for caller, made in calls.items() for on, acts in made.items() for act in acts}
