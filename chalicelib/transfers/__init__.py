"""Money in and out: transfers, the payment provider, bank files."""
