"""Fixtures of the simulation tests: the platform on the simulator, and figures."""

from collections.abc import Iterator

import pytest

from tests.simulation.counts import counts
from tests.simulation.environment import Environment, simulated_environment

__all__ = ["counts", "environment", "full_environment"]


@pytest.fixture
def environment(signing_key_file: str) -> Iterator[Environment]:
    """The platform on an empty simulator."""
    with simulated_environment(signing_key_file) as made:
        yield made


@pytest.fixture
def full_environment(signing_key_file: str) -> Iterator[Environment]:
    """The platform with every service that it can call: a cache, a secret, and enforced rate limits."""
    with simulated_environment(signing_key_file, is_full=True) as made:
        yield made
