"""Looking: whatever one call does to an operation, whoever asks again gets exactly one effect."""

from __future__ import annotations

import pytest

from tests.simulation.faults import Exploration, Scenario
from tests.simulation.figures import Figures
from tests.simulation.scenarios.looking import LOOKING
from tests.simulation.world import World


@pytest.mark.parametrize("scenario", LOOKING, ids=lambda scenario: scenario.name)
def test_every_call_may_fail_in_every_way_and_there_is_one_effect(
    full_world: World, figures: Figures, scenario: Scenario
) -> None:
    explored = Exploration(full_world, scenario).explore()

    figures.tell("Fault points", explored.points - len(explored.broken), explored.points)
    assert bool(explored.points) == scenario.asks_somebody
    assert not explored.broken, "\n".join(explored.broken)
