"""The operator API and its audit log."""
