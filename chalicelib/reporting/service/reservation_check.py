"""Compare the reserved amounts of wallets with open withdrawals and reservations of offers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.loans.service.reconciliation import LoanReconciliationReader
from chalicelib.reporting.domain.counters import Counts
from chalicelib.reporting.domain.reconciliation import Difference
from chalicelib.shared.money import Money
from chalicelib.transfers.service.reconciliation import TransferReconciliationReader
from chalicelib.transfers.service.statements import StatementService
from chalicelib.wallets.domain.wallet import Wallet
from chalicelib.wallets.service import WalletService

_ATTEMPTS: Final = 5
_RESERVED: Final = "reserved:"


@dataclass(frozen=True, slots=True)
class ReconciledData:
    """Readers of everything that the reconciliation compares."""

    wallets: WalletService
    loans: LoanReconciliationReader
    transfers: TransferReconciliationReader
    statements: StatementService


class ReservationChecker:
    """Checks wallets one by one. Indexes find what reserves money, so a wallet that just changed is undecided."""

    def __init__(self, data: ReconciledData) -> None:
        self._wallets = data.wallets
        self._loans = data.loans
        self._transfers = data.transfers

    def check(self, user_ids: Iterable[str], *, settled_before: datetime) -> tuple[Counts, list[Difference]]:
        """Compare the wallets of some users with what reserves their money.

        Args:
            user_ids: users with reserved money, or with something that should reserve money.
            settled_before: the indexes show everything that happened before.
        """
        differences: list[Difference] = []
        checked = undecided = 0
        for user_id in dict.fromkeys(user_ids):
            checked += 1
            wallet, needed = self._read_unchanged(user_id)
            if wallet is not None and wallet.reserved == needed:
                continue
            if wallet is None or wallet.updated_at >= settled_before:
                undecided += 1
            else:
                differences.append(Difference(_RESERVED + user_id, needed, wallet.reserved))
        return {"reservations": checked, "undecided": undecided}, differences

    def _read_unchanged(self, user_id: str) -> tuple[Wallet | None, Money]:
        """Return a wallet and the money to reserve; without the former if the wallet kept changing."""
        before = self._wallets.balance_of(user_id)
        needed = Money(0)
        for _ in range(_ATTEMPTS):
            needed = self._transfers.open_withdrawals(user_id) + self._loans.reserved(user_id)
            after = self._wallets.balance_of(user_id)
            if after.version == before.version:
                return after, needed
            before = after
        return None, needed
