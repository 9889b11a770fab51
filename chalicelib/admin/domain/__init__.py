"""Audit entries, errors and paging of the operator API."""
