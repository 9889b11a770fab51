"""Cache coherence: no cached response is older than a change, even if a call fails during the change."""

from functools import partial
from typing import Final

import pytest

from tests.factories import User
from tests.simulation.counts import Counts
from tests.simulation.environment import Environment
from tests.simulation.faults import ALL_FAULTS, Exploration, FaultPoint, Scenario
from tests.simulation.scenarios.origination import ORIGINATION
from tests.simulation.scenarios.servicing import SERVICING
from tools.dynamodb_simulator.fault_injector import CACHE

PATHS: Final = ("/api/wallets/", "/api/loans/my-loans/", "/api/loans/my-offers/", "/api/loans/available/")
_READERS: Final = 2
_SETTLED_SECONDS: Final = 3
_SAMPLE_STEP: Final = 4
"""The short run tries one fault point in four."""
_BY_OPERATORS: Final = ("freeze", "unfreeze", "clear the cache")
_SCENARIOS: Final = tuple(
    scenario
    for scenario in (*ORIGINATION, *SERVICING)
    if scenario.name not in _BY_OPERATORS and "22" not in scenario.name
)


def read_responses(environment: Environment, users: list[User]) -> list[tuple[str, int, bytes]]:
    """Return the responses that users get about their wallets and all loans."""
    loans = [item["loan_id"]["S"] for item in environment.storage.items("loans") if item["sk"]["S"] == "LOAN"]
    paths = [*PATHS, *(f"/api/loans/{loan}/{part}" for loan in loans for part in ("", "schedule/"))]
    responses = [(path, user.http.get(path)) for user in users for path in paths]
    return [(path, response.status, response.body) for path, response in responses if response.status != 404]


def warm_up(environment: Environment, users: list[User]) -> None:
    """Fill the cache before the change; lists are cached only some seconds after a write."""
    read_responses(environment, users)
    environment.clock.advance(seconds=_SETTLED_SECONDS)
    read_responses(environment, users)


def can_leave_stale_responses(point: FaultPoint) -> bool:
    """Return whether the fault can prevent an invalidation."""
    is_after_commit = "after effect" in point.mode or "outage" in point.mode
    return point.sent.service == CACHE or (point.sent.operation == "TransactWriteItems" and is_after_commit)


@pytest.mark.parametrize("scenario", _SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_cached_response_outlives_a_change(
    full_environment: Environment, counts: Counts, scenario: Scenario
) -> None:
    exploration = Exploration(full_environment, scenario)
    users = full_environment.users[:_READERS]
    points = [point for point in exploration.points if can_leave_stale_responses(point)]
    points = points if ALL_FAULTS else points[::_SAMPLE_STEP]
    stale = []

    for point in points:
        exploration.finish(exploration.fail_at(point, prepare=partial(warm_up, full_environment, users)))
        full_environment.settle()
        full_environment.clock.advance(seconds=_SETTLED_SECONDS)
        cached = read_responses(full_environment, users)
        full_environment.cache.clear()
        stale += [str(point)] if cached != read_responses(full_environment, users) else []

    counts.add("Changes with a fault during cache invalidation", len(points) - len(stale), len(points))
    assert points
    assert stale == []
