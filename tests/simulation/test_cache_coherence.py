"""Whatever fails on the way of a change, no cached answer goes on showing what was before it."""

from functools import partial
from typing import Final

import pytest

from tests.factories import User
from tests.simulation.counts import Counts
from tests.simulation.environment import Environment
from tests.simulation.faults import ALL_WAYS, Exploration, FaultPoint, Scenario
from tests.simulation.scenarios.origination import ORIGINATION
from tests.simulation.scenarios.servicing import SERVICING
from tools.dynamodb_simulator.fault_injector import CACHE

SHOWN: Final = ("/api/wallets/", "/api/loans/my-loans/", "/api/loans/my-offers/", "/api/loans/available/")
_LOOKERS: Final = 2
_SETTLED_SECONDS: Final = 3
_SOME: Final = 4
"""Of so many places the short run tries one."""
_BY_OPERATORS: Final = ("freeze", "unfreeze", "clear the cache")
_SHORT: Final = tuple(
    scenario
    for scenario in (*ORIGINATION, *SERVICING)
    if scenario.name not in _BY_OPERATORS and "22" not in scenario.name
)


def what_is_shown(environment: Environment, people: list[User]) -> list[tuple[str, int, bytes]]:
    """What people see of their wallets and of every loan."""
    loans = [item["loan_id"]["S"] for item in environment.storage.items("loans") if item["sk"]["S"] == "LOAN"]
    paths = [*SHOWN, *(f"/api/loans/{loan}/{part}" for loan in loans for part in ("", "schedule/"))]
    answers = [(path, person.http.get(path)) for person in people for path in paths]
    return [(path, answer.status, answer.body) for path, answer in answers if answer.status != 404]


def warm_up(environment: Environment, people: list[User]) -> None:
    """Everybody looks, so that the cache keeps what there is before the change; lists only after a while."""
    what_is_shown(environment, people)
    environment.clock.advance(seconds=_SETTLED_SECONDS)
    what_is_shown(environment, people)


def can_leave_stale_answers(point: FaultPoint) -> bool:
    """Where the cache, or whoever has to tell it, fails."""
    is_after = "after effect" in point.way or "outage" in point.way
    return point.sent.service == CACHE or (point.sent.operation == "TransactWriteItems" and is_after)


@pytest.mark.parametrize("scenario", _SHORT, ids=lambda scenario: scenario.name)
def test_no_answer_outlives_a_change_whatever_fails(
    full_environment: Environment, counts: Counts, scenario: Scenario
) -> None:
    exploration = Exploration(full_environment, scenario)
    people = full_environment.people[:_LOOKERS]
    points = [point for point in exploration.points if can_leave_stale_answers(point)]
    points = points if ALL_WAYS else points[::_SOME]
    stale = []

    for point in points:
        exploration.finish(exploration.fail_at(point, warm=partial(warm_up, full_environment, people)))
        full_environment.settle()
        full_environment.clock.advance(seconds=_SETTLED_SECONDS)
        cached = what_is_shown(full_environment, people)
        full_environment.cache.forget()
        stale += [str(point)] if cached != what_is_shown(full_environment, people) else []

    counts.tell("Changes that the cache was not told of in time", len(points) - len(stale), len(points))
    assert points
    assert stale == []
