"""Money in and out: deposits, withdrawals, payment providers and bank files."""
