"""Rules of accounts, passwords and sessions."""
