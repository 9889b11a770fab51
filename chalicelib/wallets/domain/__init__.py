"""Rules of wallets and the double-entry ledger."""
