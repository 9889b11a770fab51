"""Fault injection: bank statements and their lines."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.bank import BANK

test_every_fault_leaves_one_effect = fault_test(BANK)
