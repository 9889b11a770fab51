"""Fixtures of these tests: people with tokens that last as long as a loan, and background work."""

from tests.api.loans.keyed_calls import stage
from tests.newcomers import newcomers, settings
from tests.streams import background

__all__ = ["background", "newcomers", "settings", "stage"]
