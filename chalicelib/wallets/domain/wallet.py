"""Wallet balances, and the conditions of a debit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.shared.errors import Conflict
from chalicelib.shared.ids import moment_of
from chalicelib.shared.money import ZERO, Money


class InsufficientFunds(Conflict):
    code = "insufficient_funds"

    def __init__(self, *, needed: Money, available: Money) -> None:
        missing = needed - available
        super().__init__(
            f"This requires {needed}, but only {available} is available ({missing} short).",
            needed=str(needed),
            available=str(available),
            missing=str(missing),
        )


class AccountFrozen(Conflict):
    code = "account_frozen"
    detail = "This account is frozen. It can receive money but cannot send any."


@dataclass(frozen=True, slots=True)
class Wallet:
    """Balances in the deployment's currency; neither part is ever negative."""

    user_id: str
    available: Money
    reserved: Money
    frozen: bool
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def empty(cls, user_id: str) -> Wallet:
        since = moment_of(user_id)
        return cls(user_id, ZERO, ZERO, False, since, since, 0)

    @property
    def balance(self) -> Money:
        return self.available + self.reserved


@dataclass(frozen=True, slots=True)
class WalletChange:
    """The total effect of a transaction on a wallet: a transaction may contain an item only once."""

    user_id: str
    available: Money = ZERO
    reserved: Money = ZERO

    @property
    def reduces_available(self) -> bool:
        """True if the owner can spend less afterwards; a frozen account rejects this."""
        return self.available < ZERO or self.available + self.reserved < ZERO

    def rejection(self, wallet: Wallet) -> Conflict:
        """Return the error for a change that the wallet does not allow."""
        if wallet.frozen and self.reduces_available:
            return AccountFrozen()
        short = self.available if wallet.available + self.available < ZERO else self.reserved
        have = wallet.available if short is self.available else wallet.reserved
        return InsufficientFunds(needed=-short, available=have)
