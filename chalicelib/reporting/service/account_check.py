"""Comparing one account with its postings, while money moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from chalicelib.loans.service.reconciliation import LoanReconciliationReader
from chalicelib.reporting.domain.counters import Counts
from chalicelib.reporting.domain.reconciliation import Difference, is_compared
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import identifier_of, owner_of, wallet_account
from chalicelib.wallets.service import WalletService

_ATTEMPTS: Final = 5
Said = tuple[int, Money]
"""A version of a wallet or loan, and what its account should hold by it."""


class AccountChecker:
    """First a glance at many accounts, then a careful look at those that seem wrong."""

    def __init__(self, wallets: WalletService, loans: LoanReconciliationReader) -> None:
        self._wallets = wallets
        self._loans = loans

    def check(self, sums: Mapping[str, int]) -> tuple[Counts, list[Difference]]:
        """Compare sums of postings with what wallets and loans say; what seems wrong is looked at again."""
        compared = {account: cents for account, cents in sums.items() if is_compared(account)}
        owners = {owner: cents for account, cents in compared.items() if (owner := owner_of(account))}
        wallets = self._wallets.balances_of(owners)
        suspects = [
            wallet_account(owner)
            for owner, cents in owners.items()
            if cents != (wallets[owner].balance.cents if owner in wallets else 0)
        ]
        suspects += [account for account, cents in compared.items() if cents and owner_of(account) is None]
        counts, differences = self.settle(suspects)
        return {**counts, "accounts": len(compared)}, differences

    def settle(self, accounts: Iterable[str]) -> tuple[Counts, list[Difference]]:
        """Look at accounts one by one until each was seen at rest; how many never were is counted."""
        found: list[Difference] = []
        undecided = 0
        for account in accounts:
            said, sum_of_postings = self._at_rest(account)
            if said is None:
                undecided += 1
            elif said[1] != sum_of_postings:
                found.append(Difference(account, said[1], sum_of_postings))
        return {"undecided": undecided}, found

    def _at_rest(self, account: str) -> tuple[Said | None, Money]:
        """What is said and what is posted, where nothing moved between; None where something always did."""
        say = self._sayer(account)
        before = say()
        posted = Money(0)
        for _ in range(_ATTEMPTS):
            posted = self._wallets.total_of(account)
            after = say()
            if after == before:
                return after, posted
            before = after
        return None, posted

    def _sayer(self, account: str) -> Callable[[], Said]:
        identifier = identifier_of(account)

        def wallet() -> Said:
            found = self._wallets.balance_of(identifier)
            return found.version, found.balance

        def loan() -> Said:
            escrow = self._loans.escrow(identifier)
            return escrow.version, escrow.amount

        return wallet if owner_of(account) else loan
