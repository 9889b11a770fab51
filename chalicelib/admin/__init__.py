"""The operator API and its audit trail."""
