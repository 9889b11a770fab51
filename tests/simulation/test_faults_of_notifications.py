"""Fault injection: the inbox, preferences, and links that unsubscribe."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.notifications import NOTIFICATIONS

test_every_fault_leaves_one_effect = fault_test(NOTIFICATIONS)
