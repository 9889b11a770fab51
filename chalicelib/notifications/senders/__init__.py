"""Adapters that send emails."""
