"""Fault injection: scheduled, stream and background jobs."""

from tests.simulation.faults import fault_test
from tests.simulation.scenarios.jobs import JOBS

test_every_fault_leaves_one_effect = fault_test(JOBS)
