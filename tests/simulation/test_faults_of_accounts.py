"""Fault injection: account operations."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.accounts import ACCOUNTS

test_every_fault_leaves_one_effect = fault_test(ACCOUNTS)
