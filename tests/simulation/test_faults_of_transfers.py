"""Fault injection: transfers."""

import pytest

from chalicelib.shared.settings import PaymentProviderName
from tests.simulation.counts import Counts
from tests.simulation.environment import simulated_environment
from tests.simulation.faults import Exploration, Scenario, fault_test
from tests.simulation.scenarios.transfers import REQUESTS, TRANSFERS

test_every_fault_leaves_one_effect = fault_test(TRANSFERS)


@pytest.mark.parametrize("scenario", REQUESTS, ids=lambda scenario: scenario.name)
def test_every_fault_of_a_request_leaves_one_effect(signing_key_file: str, counts: Counts, scenario: Scenario) -> None:
    sandbox = PaymentProviderName.SANDBOX

    with simulated_environment(signing_key_file, is_full=True, payment_provider=sandbox) as environment:
        result = Exploration(environment, scenario).explore()

    result.check(counts)
    assert result.points
