"""What a bug is that is planted: a text of the code, and what somebody might write there by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CACHE_COHERENCE: Final = "tests/simulation/test_cache_coherence.py"
LENDING: Final = "tests/simulation/test_faults_of_lending.py"
SERVICING: Final = "tests/simulation/test_faults_of_servicing.py"
JOBS: Final = "tests/simulation/test_faults_of_jobs.py"
HISTORIES: Final = "tests/simulation/test_histories.py"
ENVIRONMENT: Final = "tests/simulation/test_environment.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A text of the code, and what stands there instead; ``tests`` are arguments of pytest."""

    name: str
    file: str
    old: str
    new: str
    tests: str


def mutant(name: str, file: str, old: str, new: str, tests: str) -> Mutant:
    """A bug in a module of chalicelib."""
    return Mutant(name, f"chalicelib/{file}.py", old, new, tests)
