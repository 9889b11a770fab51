"""Histories of transfers: every event has one effect, whatever is repeated, raced, out of order or interrupted."""

import os
import time
from typing import Final

import pytest

from tests.simulation.counts import Counts
from tests.simulation.environment import Environment
from tests.simulation.scripts import Script
from tests.simulation.transfer_histories import build_transfer_start, play_transfers

FIRST: Final = int(os.environ.get("FIRST_SEED", "0"))
HISTORIES: Final = int(os.environ.get("TRANSFER_HISTORIES", "300"))
NAMED: Final = os.environ.get("TRANSFER_HISTORY")
_PARTS: Final = 3
REPLAY: Final = "replay with TRANSFER_HISTORY={} .venv/bin/python -m pytest tests/simulation/test_transfer_histories.py"


def scripts_of(part: int) -> list[Script]:
    """Return the scripts of a part; only the one in the environment variable TRANSFER_HISTORY if that is set."""
    if NAMED is not None:
        return [Script.read(NAMED)] if part == 0 else []
    return [Script(seed) for seed in range(FIRST + part, FIRST + HISTORIES, _PARTS)]


@pytest.mark.parametrize("part", range(_PARTS))
def test_histories_of_transfers_are_consistent(environment: Environment, counts: Counts, part: int) -> None:
    starting_point, began = build_transfer_start(environment), time.process_time()
    operations, scripts = 0, scripts_of(part)

    for script in scripts:
        try:
            operations += play_transfers(environment, starting_point, script)
        except Exception as failure:
            raise AssertionError(f"seed {script.seed}: {REPLAY.format(script)}; {failure!r}") from failure

    counts.add("Histories of transfers", len(scripts), len(scripts))
    counts.add("Operations in histories of transfers", operations, operations)
    counts.add_seconds("Histories of transfers", time.process_time() - began)
