"""Rules of the ledger and of wallets. Pure."""
