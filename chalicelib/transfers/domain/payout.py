"""Payouts: withdrawals that are handed to the bank together, in one payment file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.shared.errors import Conflict, NotFound
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.transfer import Transfer
from chalicelib.wallets.domain.wallet import AccountFrozen, AccountRestricted, Wallet

MAX_WITHDRAWALS: Final = 40
"""Each takes up to two of the 100 operations of a transaction."""
MAX_SKIPPED: Final = 100
OWN_WITHDRAWAL: Final = "own_withdrawal"


class PayoutNotFound(NotFound):
    code = "payout_not_found"
    detail = "There is no payout with this id."


class NothingToPayOut(Conflict):
    code = "nothing_to_pay_out"

    def __init__(self, skipped: int) -> None:
        reason = f"{skipped} skipped, none left" if skipped else "none requested"
        super().__init__(f"There are no withdrawals to pay out: {reason}.", skipped=str(skipped))


@dataclass(frozen=True, slots=True)
class Payout:
    """Withdrawals that were submitted together.

    Args:
        total: the sum of the withdrawals.
        transfer_ids: the withdrawals, oldest first.
        skipped: by the id of a withdrawal that waits, the code of the reason; the first 100.
        has_more: whether more withdrawals waited for the next payout.
    """

    id: str
    created_at: datetime
    total: Money
    transfer_ids: tuple[str, ...]
    skipped: Mapping[str, str]
    has_more: bool


@dataclass(frozen=True, slots=True)
class PayoutPlan:
    """Requested withdrawals as they were read: those to submit, and those to skip with their reasons."""

    withdrawals: tuple[Transfer, ...]
    skipped: Mapping[str, str]
    has_more: bool

    def payout(self, payout_id: str, at: datetime) -> Payout:
        """Return the payout of this plan.

        Raises:
            NothingToPayOut: it has no withdrawals.
        """
        if not self.withdrawals:
            raise NothingToPayOut(len(self.skipped))
        total = Money.total(withdrawal.amount for withdrawal in self.withdrawals)
        shown = dict(list(self.skipped.items())[:MAX_SKIPPED])
        ids = tuple(withdrawal.id for withdrawal in self.withdrawals)
        return Payout(payout_id, at, total, ids, shown, self.has_more)


def reason_to_skip(wallet: Wallet, operator_id: str) -> str:
    """Return the code of the reason for which an account may not be paid now, or an empty text.

    Operators don't hand out their own money.
    """
    if wallet.user_id == operator_id:
        return OWN_WITHDRAWAL
    if wallet.frozen:
        return AccountFrozen.code
    return AccountRestricted.code if wallet.receivable else ""
