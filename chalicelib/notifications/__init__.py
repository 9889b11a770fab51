"""The inbox of notifications, and emails."""
