"""Transfers and what belongs to them in DynamoDB."""
