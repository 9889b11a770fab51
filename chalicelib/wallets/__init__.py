"""Money: wallets and the double-entry ledger behind them."""
