"""Fault injection: transfers."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.transfers import TRANSFERS

test_every_fault_leaves_one_effect = fault_test(TRANSFERS)
