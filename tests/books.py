"""The invariants of money, read from the tables themselves."""

from __future__ import annotations

from collections import defaultdict

from tests.engines import Storage


def account_balances(storage: Storage) -> dict[str, int]:
    """Every account's balance in cents, from its postings; hot accounts rolled up."""
    balances: defaultdict[str, int] = defaultdict(int)
    for item in storage.items("ledger"):
        account = item["account"]["S"].partition("#")[0]
        for line in item["lines"]["L"]:
            balances[account] += int(line["L"][1]["N"])
    return dict(balances)


def assert_books_balance(storage: Storage) -> dict[str, int]:
    """Transactions and accounts sum to zero, wallets equal their postings, nothing is negative."""
    by_transaction: defaultdict[str, int] = defaultdict(int)
    for item in storage.items("ledger"):
        for line in item["lines"]["L"]:
            by_transaction[item["transaction"]["S"]] += int(line["L"][1]["N"])
    assert set(by_transaction.values()) <= {0}
    balances = account_balances(storage)
    assert sum(balances.values()) == 0
    for wallet in storage.items("wallets"):
        available, held = int(wallet["available_cents"]["N"]), int(wallet["held_cents"]["N"])
        assert available >= 0
        assert held >= 0
        assert available + held == balances.get(wallet["account"]["S"], 0)
    return balances
