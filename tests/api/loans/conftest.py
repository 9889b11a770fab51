"""Fixtures of these tests: people with tokens that last as long as a loan, and background work."""

from tests.api.loans.keyed_calls import stage

__all__ = ["stage"]
