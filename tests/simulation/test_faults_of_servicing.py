"""Fault injection: payments, auto-invest rules and operators' changes."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.servicing import SERVICING

test_every_fault_leaves_one_effect = fault_test(SERVICING)
