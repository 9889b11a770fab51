"""Fixtures of the tests of derivation."""

from tests.integration.derivation.stream_history import history

__all__ = ["history"]
