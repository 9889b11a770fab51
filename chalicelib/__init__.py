"""The lending platform: feature folders (users, wallets, loans, …) over a shared `common`."""
