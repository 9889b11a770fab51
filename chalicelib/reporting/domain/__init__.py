"""Counters, reports, the trial balance and the result of a reconciliation."""
