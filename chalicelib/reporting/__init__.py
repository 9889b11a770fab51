"""What operators read: balances, reports, reconciliation."""
