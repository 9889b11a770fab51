"""A caller without a key who never asks again: there is one effect or none; and nothing is left untried."""

import importlib
from typing import Any, Final

import pytest

from tests.simulation.counts import Counts
from tests.simulation.environment import Environment
from tests.simulation.faults import Exploration, Scenario
from tests.simulation.scenarios.accounts import ACCOUNTS
from tests.simulation.scenarios.jobs import JOBS
from tests.simulation.scenarios.origination import ORIGINATION
from tests.simulation.scenarios.reads import READS
from tests.simulation.scenarios.servicing import SERVICING, WITHOUT_KEY

ALL: Final = (*ORIGINATION, *SERVICING, *JOBS, *ACCOUNTS, *READS)


@pytest.mark.parametrize("scenario", WITHOUT_KEY, ids=lambda scenario: scenario.name)
def test_a_request_without_a_key_has_one_effect_or_none(
    full_environment: Environment, counts: Counts, scenario: Scenario
) -> None:
    explored = Exploration(full_environment, scenario).explore_without_retry()

    counts.tell("Fault points", explored.points - len(explored.broken), explored.points)
    assert not explored.broken, "\n".join(explored.broken)


def test_every_route_and_every_function_has_a_scenario() -> None:
    application: Any = importlib.import_module("app").app
    routes = {f"{method} {path}" for path, methods in application.routes.items() for method in methods}
    functions = {source.name for source in application.event_sources}

    assert {scenario.covers for scenario in ALL if not scenario.covers.startswith("work ")} == routes | functions - {
        "work"
    }


def test_every_kind_of_work_has_a_scenario(environment: Environment) -> None:
    kinds = vars(environment.container.worker)["_workers"]

    assert {scenario.covers for scenario in ALL if scenario.covers.startswith("work ")} == {f"work {k}" for k in kinds}
