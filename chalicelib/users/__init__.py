"""User accounts, sign-in and sessions."""
