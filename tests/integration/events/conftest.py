"""Fixtures of the tests of events."""

from tests.integration.events.stream_history import history

__all__ = ["history"]
