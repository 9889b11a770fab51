"""Notifications, preferences and emails in DynamoDB."""
