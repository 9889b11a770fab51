"""Plants one bug after the other in a scratch copy and runs the tests: ``python -m tests.simulation.mutants``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.database_binary import find_database_binary
from tests.simulation.feature_mutants import MUTANTS
from tests.simulation.mutant import Mutant

_ROOT: Final = Path(__file__).resolve().parents[2]
_COPIED: Final = ("app.py", "chalicelib", "docs", "infra", "local", "tests", "pyproject.toml", "requirements.txt")
_OPTIONS: Final = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:logging", "--tb=line", "--show-capture=no")
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", re.MULTILINE)
_SEED: Final = re.compile(r"seed (\d+):")
_LONGEST_SECONDS: Final = 600
_CAUGHT: Final = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a planted bug."""

    bug: Mutant
    caught_by: str | None
    seconds: float


class MutantDoesNotApply(Exception):
    """The code has changed, and the bug's old text is not in it exactly once."""


def scratch_copy(folder: Path) -> Path:
    """A copy of the project in which bugs may be planted."""
    for name in _COPIED:
        source, target = _ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def run_mutant(bug: Mutant, copy: Path) -> Verdict:
    """Plant a bug, run its tests, take it out again.

    Raises:
        MutantDoesNotApply: its place is not found.
    """
    file = copy / bug.file
    sound = file.read_text(encoding="utf-8")
    if sound.count(bug.old) != 1:
        raise MutantDoesNotApply(f"{bug.name}: {bug.file} holds its text {sound.count(bug.old)} times")
    file.write_text(sound.replace(bug.old, bug.new), encoding="utf-8")
    began = time.monotonic()
    try:
        return Verdict(bug, _run(bug.tests, copy), time.monotonic() - began)
    finally:
        file.write_text(sound, encoding="utf-8")


def _run(tests: str, copy: Path) -> str | None:
    """The first test that fails, with its seed; None where all pass."""
    arguments, _, chosen = tests.partition(" -k ")
    paths = [path for path in arguments.split() if (copy / path).exists()]
    environment = {**os.environ, "DYNOXIDE": str(find_database_binary()), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", *_OPTIONS, *paths, *(("-k", chosen) if chosen else ())]
    ended = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=False
    )
    if ended.returncode != _CAUGHT:
        return None if ended.returncode == 0 else f"(pytest ended with {ended.returncode})"
    failed, seed = _FAILED.search(ended.stdout), _SEED.search(ended.stdout)
    name = failed[1].removeprefix("tests/") if failed else "a test"
    return f"{name}{f', seed {seed[1]}' if seed else ''}"


def main(arguments: Sequence[str]) -> int:
    """Try out all bugs, or those whose names hold a word; gives 0 where each is caught."""
    chosen = [bug for bug in MUTANTS if not arguments or any(word in bug.name for word in arguments)]
    caught = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = scratch_copy(Path(folder))
        for bug in chosen:
            verdict = run_mutant(bug, copy)
            caught += verdict.caught_by is not None
            _say(f"| {bug.name} | {verdict.caught_by or 'NOT CAUGHT'} | {verdict.seconds:.0f} s |")
    _say(f"planted bugs caught: {caught} of {len(chosen)}")
    return int(caught < len(chosen))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
