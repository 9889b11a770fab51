"""Fault injection: users who owe something for a returned deposit."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.receivables import RECEIVABLES

test_every_fault_leaves_one_effect = fault_test(RECEIVABLES)
