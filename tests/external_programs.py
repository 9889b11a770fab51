"""Programs that tests need and that this machine may lack."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from local.external_programs import REQUIRED, Program


def path_or_skip(program: Program) -> Path:
    """Return the program's path; without one, skip the test."""
    return program.find() or skip(program.hint)


def skip(hint: str) -> NoReturn:
    """Skip the test, or fail it where ``REQUIRE_TEST_PROGRAMS`` is set."""
    if os.environ.get(REQUIRED):
        pytest.fail(hint)
    pytest.skip(hint)
