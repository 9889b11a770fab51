"""Callers at the same time, interleaved at every request: no history breaks an invariant or tells a lie."""

from __future__ import annotations

import os
from typing import Final

import pytest

from tests.simulation.figures import Figures
from tests.simulation.histories import History, play_wallet, set_up
from tests.simulation.linearizability import Seen, is_linearizable
from tests.simulation.world import World

FIRST: Final = int(os.environ.get("FIRST_SEED", "0"))
HISTORIES: Final = int(os.environ.get("HISTORIES", "500"))
_OF_WALLETS: Final = 6
"""Every so many seeds are a history of one wallet."""
_PARTS: Final = min(5, HISTORIES)
AGAIN: Final = "again by: FIRST_SEED={} HISTORIES=1 .venv/bin/python -m pytest tests/simulation/test_histories.py"


@pytest.mark.parametrize("part", range(_PARTS))
def test_no_history_breaks_an_invariant_or_tells_what_was_not(world: World, figures: Figures, part: int) -> None:
    stage = set_up(world)
    operations, seeds = 0, range(FIRST + part, FIRST + HISTORIES, _PARTS)

    for seed in seeds:
        try:
            if seed % _OF_WALLETS == 0:
                operations += play_wallet(world, stage, seed)
            else:
                operations += History(world, stage, seed).play().operations
        except Exception as failure:
            raise AssertionError(f"seed {seed}: {failure!r}; {AGAIN.format(seed)}") from failure

    figures.tell("histories without a violation", len(seeds), len(seeds))
    figures.tell("operations in histories", operations, operations)


def test_a_balance_that_no_order_explains_is_found() -> None:
    deposit, stale = Seen(0, 1, change=100), Seen(2, 3, read=0)

    assert not is_linearizable([deposit, stale], first=0, last=100)
    assert is_linearizable([deposit, Seen(0, 3, read=0)], first=0, last=100)


def test_two_withdrawals_of_the_same_money_are_found() -> None:
    both = [Seen(0, 5, change=-80), Seen(1, 4, change=-80)]
    refused = Seen(1, 4, change=-80, is_done=False)

    assert not is_linearizable(both, first=100, last=20)
    assert is_linearizable([both[0], refused], first=100, last=20)


def test_a_refusal_for_want_of_money_that_was_there_is_found() -> None:
    refused = Seen(2, 3, change=-50, is_done=False)

    assert not is_linearizable([Seen(0, 1, change=100), refused], first=0, last=100)


def test_a_seed_gives_the_same_history_again(world: World) -> None:
    stage = set_up(world)

    first = History(world, stage, 7).play()
    again = History(world, stage, 7).play()

    assert first == again
