"""Services of notifications."""
