"""The planted bugs still fit the code, and planting works; all of them are tried by ``make mutants``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.feature_mutants import MUTANTS
from tests.simulation.mutant import Mutant
from tests.simulation.mutants import run_mutant, scratch_copy

_ROOT = Path(__file__).resolve().parents[2]
_SMOKE = ("cents that are left over are not paid out", "the marker is put under no condition")


@pytest.mark.parametrize("bug", MUTANTS, ids=lambda bug: bug.name)
def test_the_place_of_every_bug_is_in_the_code_once(bug: Mutant) -> None:
    text = (_ROOT / bug.file).read_text(encoding="utf-8")

    assert text.count(bug.old) == 1
    assert bug.old != bug.new


@pytest.mark.slow
@pytest.mark.own_process
def test_two_planted_bugs_are_caught(tmp_path: Path) -> None:
    copy = scratch_copy(tmp_path)

    verdicts = [run_mutant(bug, copy) for bug in MUTANTS if bug.name in _SMOKE]

    assert [verdict.bug.name for verdict in verdicts if verdict.caught_by is None] == []
    assert len(verdicts) == len(_SMOKE)
