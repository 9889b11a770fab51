"""Whatever one call does to an operation, whoever asks again gets exactly one effect."""

from __future__ import annotations

import pytest

from tests.simulation.faults import Scenario, explore, once_without_retry
from tests.simulation.figures import Figures
from tests.simulation.scenarios import SCENARIOS, WITHOUT_KEY
from tests.simulation.world import World


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_call_may_fail_in_every_way_and_there_is_one_effect(
    world: World, figures: Figures, scenario: Scenario
) -> None:
    explored = explore(world, scenario)

    figures.tell("fault points survived", explored.points - len(explored.broken), explored.points)
    assert explored.points > 0
    assert not explored.broken, "\n".join(explored.broken)


@pytest.mark.parametrize("scenario", WITHOUT_KEY, ids=lambda scenario: scenario.name)
def test_a_request_without_a_key_has_one_effect_or_none(world: World, figures: Figures, scenario: Scenario) -> None:
    explored = once_without_retry(world, scenario)

    figures.tell("fault points survived", explored.points - len(explored.broken), explored.points)
    assert not explored.broken, "\n".join(explored.broken)
