"""Compare accounts with their postings while money moves."""

from collections.abc import Iterable, Mapping
from typing import Final

from chalicelib.loans.service.reconciliation import LoanReconciliationReader
from chalicelib.reporting.domain.counters import Counts
from chalicelib.reporting.domain.reconciliation import Difference
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.domain.ledger import HOT_ACCOUNTS, RECEIVABLE_PREFIX, identifier_of, owner_of
from chalicelib.wallets.domain.wallet import Wallet
from chalicelib.wallets.service import WalletService

_ATTEMPTS: Final = 5


class AccountChecker:
    """Checks many accounts together, and those that seem wrong again one by one."""

    def __init__(self, wallets: WalletService, loans: LoanReconciliationReader) -> None:
        self._wallets = wallets
        self._loans = loans

    def check(self, sums: Mapping[str, int]) -> tuple[Counts, list[Difference]]:
        """Compare sums of postings with wallets, receivables and loans. Apparent differences are confirmed.

        Args:
            sums: cents by account. Hot accounts have no balance to compare with.
        """
        compared = {account: cents for account, cents in sums.items() if account not in HOT_ACCOUNTS}
        owners = {identifier_of(account) for account in compared if _is_of_user(account)}
        wallets = self._wallets.balances_of(owners)
        suspects = [
            account
            for account, cents in compared.items()
            if cents != _expected_of_user(account, wallets.get(identifier_of(account))).cents
        ]
        counts, differences = self.confirm(suspects)
        return {**counts, "accounts": len(compared)}, differences

    def confirm(self, accounts: Iterable[str]) -> tuple[Counts, list[Difference]]:
        """Check accounts one by one; those that change during every attempt are counted as undecided."""
        differences: list[Difference] = []
        undecided = 0
        for account in accounts:
            expected, posted = self._read_unchanged(account)
            if expected is None:
                undecided += 1
            elif expected != posted:
                differences.append(Difference(account, expected, posted))
        return {"undecided": undecided}, differences

    def _read_unchanged(self, account: str) -> tuple[Money | None, Money]:
        """Return the expected balance and the sum of postings; without the former if the account kept changing."""
        before = self._expected(account)
        posted = Money(0)
        for _ in range(_ATTEMPTS):
            posted = self._wallets.total_of(account)
            after = self._expected(account)
            if after == before:
                return after[1], posted
            before = after
        return None, posted

    def _expected(self, account: str) -> tuple[int, Money]:
        """Return the version of a wallet or loan, and the balance that its account should have."""
        identifier = identifier_of(account)
        if _is_of_user(account):
            wallet = self._wallets.balance_of(identifier)
            return wallet.version, _expected_of_user(account, wallet)
        escrow = self._loans.escrow(identifier)
        return escrow.version, escrow.amount


def _is_of_user(account: str) -> bool:
    return owner_of(account) is not None or account.startswith(RECEIVABLE_PREFIX)


def _expected_of_user(account: str, wallet: Wallet | None) -> Money:
    """Return the balance that the account of a user's wallet or receivable should have; zero for other accounts."""
    if wallet is None:
        return ZERO
    return -wallet.receivable if account.startswith(RECEIVABLE_PREFIX) else wallet.balance
