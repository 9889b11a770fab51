"""Fault injection with clients that send no key and never retry; and a scenario for everything that can be called."""

import importlib
from typing import Any, Final

import pytest

from chalicelib.jobs.schedule import QUEUES
from tests.simulation.counts import Counts
from tests.simulation.environment import Environment
from tests.simulation.faults import Exploration, Scenario
from tests.simulation.scenarios.accounts import ACCOUNTS
from tests.simulation.scenarios.bank import BANK
from tests.simulation.scenarios.jobs import JOBS
from tests.simulation.scenarios.notifications import NOTIFICATIONS
from tests.simulation.scenarios.origination import ORIGINATION
from tests.simulation.scenarios.reads import READS
from tests.simulation.scenarios.servicing import SERVICING, WITHOUT_KEY
from tests.simulation.scenarios.transfers import TRANSFERS
from tests.simulation.scenarios.webhooks import WEBHOOKS

_JOB: Final = "job "
_SCENARIOS: Final = (*ORIGINATION, *SERVICING, *JOBS, *ACCOUNTS, *BANK, *READS, *TRANSFERS, *NOTIFICATIONS, *WEBHOOKS)
COVERED: Final = {scenario.covers for scenario in _SCENARIOS}


@pytest.mark.parametrize("scenario", WITHOUT_KEY, ids=lambda scenario: scenario.name)
def test_requests_without_key_have_at_most_one_effect(
    full_environment: Environment, counts: Counts, scenario: Scenario
) -> None:
    result = Exploration(full_environment, scenario).explore_without_retry()

    result.check(counts)


def test_every_route_and_function_has_a_scenario() -> None:
    application: Any = importlib.import_module("app").app
    routes = {f"{method} {path}" for path, methods in application.routes.items() for method in methods}
    functions = {source.name for source in application.event_sources}
    queues = {each.name for each in QUEUES if each.name != "mail_feedback"}

    assert {name for name in COVERED if not name.startswith(_JOB)} == routes | functions - queues


def test_every_kind_of_background_job_has_a_scenario(environment: Environment) -> None:
    workers = (environment.container.worker, environment.container.delivery_worker)
    kinds = {kind for worker in workers for kind in vars(worker)["_handlers"]}

    assert {name for name in COVERED if name.startswith(_JOB)} == {f"{_JOB}{kind}" for kind in kinds}
