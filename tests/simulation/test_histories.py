"""Histories of concurrent clients that are interleaved at every request: all are consistent."""

import gc
import os
import time
from typing import Final

import pytest

from tests.simulation.counts import Counts
from tests.simulation.environment import Environment
from tests.simulation.histories import History, minimise, play
from tests.simulation.history_support import build_starting_point
from tests.simulation.scripts import Script

FIRST: Final = int(os.environ.get("FIRST_SEED", "0"))
HISTORIES: Final = int(os.environ.get("HISTORIES", "500"))
NAMED: Final = os.environ.get("HISTORY")
_PARTS: Final = min(5, HISTORIES)
REPLAY: Final = "replay with HISTORY={} .venv/bin/python -m pytest tests/simulation/test_histories.py"


def scripts_of(part: int) -> list[Script]:
    """Return the scripts of a part; only the one in the environment variable HISTORY if that is set."""
    if NAMED is not None:
        return [Script.read(NAMED)] if part == 0 else []
    return [Script(seed) for seed in range(FIRST + part, FIRST + HISTORIES, _PARTS)]


@pytest.mark.parametrize("part", range(_PARTS))
def test_histories_are_consistent(environment: Environment, counts: Counts, part: int) -> None:
    starting_point, began = build_starting_point(environment), time.process_time()
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it again and again takes a tenth of the time
    operations, scripts = 0, scripts_of(part)

    for script in scripts:
        try:
            operations += play(environment, starting_point, script)
        except Exception as failure:
            found = script if NAMED else minimise(environment, starting_point, script)
            raise AssertionError(f"seed {script.seed}: {REPLAY.format(found)}; {failure!r}") from failure

    counts.add("Histories", len(scripts), len(scripts))
    counts.add("Operations in histories", operations, operations)
    counts.add_seconds("Histories", time.process_time() - began)


def test_seed_determines_history(environment: Environment) -> None:
    starting_point = build_starting_point(environment)

    first = History(environment, starting_point, Script(7)).play()
    again = History(environment, starting_point, Script(7)).play()

    assert first == again
