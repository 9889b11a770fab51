"""Texts of notifications and emails, by type of event."""
