"""Measurements of the platform: `make bench`."""
