"""A wallet: what a person may spend, what is held, and why a debit is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.shared.errors import Conflict
from chalicelib.shared.ids import moment_of
from chalicelib.shared.money import ZERO, Money


class InsufficientFunds(Conflict):
    """The wallet holds less than the operation takes."""

    code = "insufficient_funds"

    def __init__(self, *, needed: Money, available: Money) -> None:
        missing = needed - available
        super().__init__(
            f"This needs {needed}, and {available} is available: {missing} is missing.",
            needed=str(needed),
            available=str(available),
            missing=str(missing),
        )


class AccountFrozen(Conflict):
    """The account is frozen: money comes in, none goes out."""

    code = "account_frozen"
    detail = "The account is frozen: money can come in and none can go out."


@dataclass(frozen=True, slots=True)
class Wallet:
    """Balances in the deployment's currency; neither part is ever negative."""

    user_id: str
    available: Money
    held: Money
    frozen: bool
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def empty(cls, user_id: str) -> Wallet:
        """What is shown before the first credit: zeros, since the person's account exists."""
        since = moment_of(user_id)
        return cls(user_id, ZERO, ZERO, False, since, since, 0)

    @property
    def balance(self) -> Money:
        """Everything the person owns here."""
        return self.available + self.held


@dataclass(frozen=True, slots=True)
class WalletChange:
    """What one transaction does to one wallet, added up: a transaction may hold an item only once."""

    user_id: str
    available: Money = ZERO
    held: Money = ZERO

    @property
    def reduces_available(self) -> bool:
        """Whether the owner can spend less afterwards: refused to frozen accounts."""
        return self.available < ZERO or self.available + self.held < ZERO

    def refusal(self, wallet: Wallet) -> Conflict:
        """Why the wallet does not allow this change."""
        if wallet.frozen and self.reduces_available:
            return AccountFrozen()
        short = self.available if wallet.available + self.available < ZERO else self.held
        have = wallet.available if short is self.available else wallet.held
        return InsufficientFunds(needed=-short, available=have)
