"""Fault injection: deposits, withdrawals and loan origination."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.origination import ORIGINATION

test_every_fault_leaves_one_effect = fault_test(ORIGINATION)
