"""Fault injection: webhook endpoints, and the worker that delivers events."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.webhooks import WEBHOOKS

test_every_fault_leaves_one_effect = fault_test(WEBHOOKS)
