"""Lending: whatever one call does to an operation, whoever asks again gets exactly one effect."""

import pytest

from tests.simulation.counts import Counts
from tests.simulation.environment import Environment
from tests.simulation.faults import Exploration, Scenario
from tests.simulation.scenarios.origination import ORIGINATION


@pytest.mark.parametrize("scenario", ORIGINATION, ids=lambda scenario: scenario.name)
def test_every_call_may_fail_in_every_way_and_there_is_one_effect(
    full_environment: Environment, counts: Counts, scenario: Scenario
) -> None:
    explored = Exploration(full_environment, scenario).explore()

    counts.tell("Fault points", explored.points - len(explored.broken), explored.points)
    assert bool(explored.points) == scenario.asks_somebody
    assert not explored.broken, "\n".join(explored.broken)
