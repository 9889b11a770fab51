"""Mutation testing: apply each mutant to a scratch copy and run its tests. Run by ``make mutants``."""

import os
import re
import shlex
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
from tests.simulation.mutant import Mutant
from tests.simulation.mutant_list import MUTANTS

_ROOT: Final = Path(__file__).resolve().parents[2]
_COPIED: Final = (
    "app.py", "benchmarks", "chalicelib", "docs", "infra", "local", "tests", "tools", "pyproject.toml", "README.md",
    "requirements.txt", "requirements-dev.txt",
)  # fmt: skip
_OPTIONS: Final = ("-q", "-x", "-p", "no:cacheprovider", "--tb=line", "--show-capture=no")
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", re.MULTILINE)
_SEED: Final = re.compile(r"seed (\d+):")
_TIMEOUT_SECONDS: Final = 1800
_TESTS_FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class MutantResult:
    """Result of one mutant; ``caught_by`` is the first test that failed."""

    mutant: Mutant
    caught_by: str | None
    seconds: float


def scratch_copy(folder: Path) -> Path:
    """Copy the project to a folder in which mutants may be applied."""
    for name in _COPIED:
        source, target = _ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def run_mutant(mutant: Mutant, copy: Path) -> MutantResult:
    """Apply a mutant to a scratch copy, run its tests, and restore the file.

    Raises:
        ValueError: the file doesn't contain the mutant's text exactly once.
    """
    file = copy / mutant.file
    original = file.read_text(encoding="utf-8")
    if original.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: {mutant.file} contains its text {original.count(mutant.old)} times")
    file.write_text(original.replace(mutant.old, mutant.new), encoding="utf-8")
    began = time.monotonic()
    try:
        return MutantResult(mutant, _first_failure(mutant.tests, copy), time.monotonic() - began)
    finally:
        file.write_text(original, encoding="utf-8")


def _first_failure(tests: str, copy: Path) -> str | None:
    """Return the first test that fails, with its seed; None if all pass.

    Raises:
        RuntimeError: pytest could not run the tests.
    """
    environment = {**os.environ, "DYNOXIDE": str(find_database_binary()), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", *_OPTIONS, *shlex.split(tests)]
    ended = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
    )
    if ended.returncode == 0:
        return None
    if ended.returncode != _TESTS_FAILED:
        raise RuntimeError(
            f"pytest {tests} ended with {ended.returncode}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"
        )
    failed, seed = _FAILED.search(ended.stdout), _SEED.search(ended.stdout)
    name = failed[1].removeprefix("tests/") if failed else "a test"
    return f"{name}{f', seed {seed[1]}' if seed else ''}"


def main(arguments: Sequence[str]) -> int:
    """Run all mutants, or those whose names contain an argument; return 0 if every one is caught."""
    chosen = [mutant for mutant in MUTANTS if not arguments or any(text in mutant.name for text in arguments)]
    caught = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = scratch_copy(Path(folder))
        for mutant in chosen:
            result = run_mutant(mutant, copy)
            caught += result.caught_by is not None
            _print(f"| {mutant.name} | {result.caught_by or 'NOT CAUGHT'} | {result.seconds:.0f} s |")
    _print(f"mutants caught: {caught} of {len(chosen)}")
    return int(caught < len(chosen))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
