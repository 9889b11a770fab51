"""Projections, reports, the trial balance and reconciliation."""
