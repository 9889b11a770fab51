"""Callers at the same time, interleaved at every request: no history breaks an invariant or tells a lie."""

import gc
import os
import time
from typing import Final

import pytest

from tests.simulation.counts import Counts
from tests.simulation.environment import Environment
from tests.simulation.histories import History, minimise, play
from tests.simulation.scripts import Script
from tests.simulation.starting_point import build_starting_point

FIRST: Final = int(os.environ.get("FIRST_SEED", "0"))
HISTORIES: Final = int(os.environ.get("HISTORIES", "500"))
NAMED: Final = os.environ.get("HISTORY")
_PARTS: Final = min(5, HISTORIES)
AGAIN: Final = "again by: HISTORY={} .venv/bin/python -m pytest tests/simulation/test_histories.py"


def scripts_of(part: int) -> list[Script]:
    """The histories of a part; the one that the environment names, if it names one."""
    if NAMED is not None:
        return [Script.read(NAMED)] if part == 0 else []
    return [Script(seed) for seed in range(FIRST + part, FIRST + HISTORIES, _PARTS)]


@pytest.mark.parametrize("part", range(_PARTS))
def test_no_history_breaks_an_invariant_or_tells_what_was_not(
    environment: Environment, counts: Counts, part: int
) -> None:
    stage, began = build_starting_point(environment), time.process_time()
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it again and again takes a tenth of the time
    operations, scripts = 0, scripts_of(part)

    for script in scripts:
        try:
            operations += play(environment, stage, script)
        except Exception as failure:
            found = script if NAMED else minimise(environment, stage, script)
            raise AssertionError(f"seed {script.seed}: {AGAIN.format(found)}; {failure!r}") from failure

    counts.tell("Histories", len(scripts), len(scripts))
    counts.tell("Operations in histories", operations, operations)
    counts.spend("Histories", time.process_time() - began)


def test_a_seed_gives_the_same_history_again(environment: Environment) -> None:
    stage = build_starting_point(environment)

    first = History(environment, stage, Script(7)).play()
    again = History(environment, stage, Script(7)).play()

    assert first == again
