"""What a bug is that is planted: a text of the code, and what somebody might write there by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FRESH: Final = "tests/simulation/test_fresh_answers.py"
LENDING: Final = "tests/simulation/test_faults_of_lending.py"
SERVICING: Final = "tests/simulation/test_faults_of_servicing.py"
JOBS: Final = "tests/simulation/test_faults_of_jobs.py"
HISTORIES: Final = "tests/simulation/test_histories.py"
WORLD: Final = "tests/simulation/test_world.py"


@dataclass(frozen=True, slots=True)
class Bug:
    """A text of the code, and what stands there instead; ``tests`` are arguments of pytest."""

    name: str
    file: str
    old: str
    new: str
    tests: str


def bug(name: str, file: str, old: str, new: str, tests: str) -> Bug:
    """A bug in a module of chalicelib."""
    return Bug(name, f"chalicelib/{file}.py", old, new, tests)
