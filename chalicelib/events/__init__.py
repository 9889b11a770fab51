"""Domain events, and their delivery to webhook endpoints."""
