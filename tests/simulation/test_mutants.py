"""Every mutant still applies to the code; `make mutants` runs all of them."""

import shlex
from pathlib import Path

import pytest

from tests.simulation.mutant import Mutant
from tests.simulation.mutant_list import MUTANTS
from tests.simulation.mutants import run_mutant, scratch_copy

_ROOT = Path(__file__).resolve().parents[2]
_SAMPLE = ("remaining cents are not distributed", "an idempotency record has no condition")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_applies_to_one_place(mutant: Mutant) -> None:
    text = (_ROOT / mutant.file).read_text(encoding="utf-8")

    assert text.count(mutant.old) == 1
    assert mutant.old != mutant.new


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_tests_of_mutant_exist(mutant: Mutant) -> None:
    paths = [argument for argument in shlex.split(mutant.tests) if argument.startswith("tests/")]

    assert paths
    assert [path for path in paths if not (_ROOT / path).exists()] == []


@pytest.mark.slow
@pytest.mark.own_process
def test_sample_of_mutants_is_caught(tmp_path: Path) -> None:
    copy = scratch_copy(tmp_path)

    results = [run_mutant(mutant, copy) for mutant in MUTANTS if mutant.name in _SAMPLE]

    assert [result.mutant.name for result in results if result.caught_by is None] == []
    assert len(results) == len(_SAMPLE)
