"""Fixtures of these tests: people who are signed in, with tokens that last as long as a loan."""

from tests.newcomers import newcomers, settings

__all__ = ["newcomers", "settings"]
