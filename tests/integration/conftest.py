"""Fixtures of several integration folders."""

from tests.integration.auto_invest_market import market

__all__ = ["market"]
