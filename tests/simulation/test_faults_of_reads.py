"""Fault injection: reads."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.reads import READS

test_every_fault_leaves_one_effect = fault_test(READS)
