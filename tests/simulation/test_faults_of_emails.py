"""Fault injection: reports of the email service."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.emails import EMAILS

test_every_fault_leaves_one_effect = fault_test(EMAILS)
