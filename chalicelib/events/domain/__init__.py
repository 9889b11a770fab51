"""Rules of events and webhooks."""
