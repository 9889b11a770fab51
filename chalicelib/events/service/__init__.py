"""Services of events and webhooks."""
