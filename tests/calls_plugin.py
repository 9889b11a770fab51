"""Ends a run of the tests as failed where the functions' policies are not what the functions were seen to do.

A call that `infra/calls.json` does not know fails every run; a call that it knows and nobody made fails a run of all
tests. `make record-calls` runs everything and writes the file anew. Tests may run in several processes: each hands over
what it saw, and the first compares.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import pytest

from infra.policies import CALLS, Calls, read_calls
from tests.recorded_calls import RECORDER

_TESTS: Final = Path(__file__).parent
_ROOMS_THAT_CALL: Final = ("api", "integration", "security", "unit")
_OUTPUT: Final = "recorded_calls"


class CallsPlugin:
    """Collects what every process saw, and compares at the end."""

    def __init__(self) -> None:
        self._calls: Calls = {}
        self._files: set[str] = set()
        self._failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember which files' tests ran."""
        self._files.add(report.nodeid.partition("::")[0])
        self._failed |= report.failed

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what another process saw."""
        self._add(getattr(node, "workeroutput", {}).get(_OUTPUT, {}))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over what was seen, or compare."""
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
            _fail(session, "\n".join([*complaints, "`make record-calls` writes them anew."]))

    def _add(self, seen: Calls) -> None:
        for caller, calls in seen.items():
            known = self._calls.setdefault(caller, {})
            for on, actions in calls.items():
                known[on] = sorted({*known.get(on, ()), *actions})

    def _compared(self, session: pytest.Session) -> list[str]:
        seen, known = _flat(self._calls), _flat(read_calls())
        missing = [f"no policy allows {call}" for call in sorted(seen - known)]
        spare = [f"nobody made {call}" for call in sorted(known - seen)] if self._everything_ran(session) else []
        return missing + spare

    def _everything_ran(self, session: pytest.Session) -> bool:
        files = {
            str(path.relative_to(session.config.rootpath)) for room in _ROOMS_THAT_CALL for path in _tests_of(room)
        }
        options = session.config.option
        return not (self._failed or options.keyword or options.markexpr) and files <= self._files


def _fail(session: pytest.Session, why: str) -> None:
    """Count an error, which the closing line names, and end the run with it."""
    report = pytest.CollectReport("infra/calls.json", "failed", why, [])
    session.config.hook.pytest_collectreport(report=report)
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _tests_of(room: str) -> list[Path]:
    """The files of a room, without those that only read templates."""
    return [path for path in sorted((_TESTS / room).rglob("test_*.py")) if path.parent.name != "infra"]


def _flat(calls: Calls) -> set[str]:
    return {f"{caller}: {act} on {on}" for caller, made in calls.items() for on, acts in made.items() for act in acts}
