"""Wallet balances, and the conditions of a debit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.shared.actor import TokenRevoked
from chalicelib.shared.errors import AppError, Conflict
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
    detail = "This account is frozen. It can receive money and repay its loans, but not withdraw, lend or borrow."


class AccountRestricted(Conflict):
    code = "account_restricted"

    def __init__(self, receivable: Money) -> None:
        super().__init__(
            f"This account owes {receivable} for a deposit that the bank took back. Until that is paid, it can receive "
            "money and repay its loans, but not withdraw or lend. Money that it receives pays this first.",
            receivable=str(receivable),
        )


class TooManyRequestsOpen(Conflict):
    code = "too_many_requests_open"

    def __init__(self, most: int) -> None:
        super().__init__(f"You can have up to {most} open loan requests.", max_open_requests=str(most))


class ExposureLimit(Conflict):
    code = "exposure_limit"

    def __init__(self, *, limit: Money, exposure: Money) -> None:
        super().__init__(
            f"The principal that you request and owe can be up to {limit}. Without this request, it is {exposure}.",
            limit=str(limit),
            exposure=str(exposure),
        )


@dataclass(frozen=True, slots=True)
class BorrowingLimits:
    """Limits for a borrower's loans: how many may be unfunded, and the principal of all (0: no limit)."""

    open_requests: int
    exposure: Money = ZERO


@dataclass(frozen=True, slots=True)
class BorrowingChange:
    """A change of a borrower's counters; a new request also has the limits that it must not exceed.

    Args:
        open_requests: loans that are requested or subscribed and not funded, signed.
        exposure: principal of these loans, and unpaid principal of funded ones, signed.
        limits: the limits, None if the change only reduces the counters.
    """

    open_requests: int = 0
    exposure: Money = ZERO
    limits: BorrowingLimits | None = None


@dataclass(frozen=True, slots=True)
class Wallet:
    """Balances in the deployment's currency; none is ever negative.

    The receivable is what the owner owes the platform for a returned deposit. While there is one, nothing is
    available: money that becomes available pays it first.

    A borrower's wallet also counts the loans that are not funded yet, and the principal requested or unpaid. Access
    tokens of the owner that were issued before ``tokens_valid_from`` (milliseconds) are revoked.
    """

    user_id: str
    available: Money
    reserved: Money
    frozen: bool
    created_at: datetime
    updated_at: datetime
    version: int
    tokens_valid_from: int = 0
    open_requests: int = 0
    exposure: Money = ZERO
    receivable: Money = ZERO

    @classmethod
    def empty(cls, user_id: str) -> Wallet:
        since = moment_of(user_id)
        return cls(user_id, ZERO, ZERO, False, since, since, 0)

    @property
    def balance(self) -> Money:
        return self.available + self.reserved


def paid_to_receivable(increase: Money, owed: Money) -> Money:
    """Return the part of an increase of the available amount that pays a receivable; both may be zero."""
    return max(min(increase, owed), ZERO)


@dataclass(frozen=True, slots=True)
class WalletChange:
    """The total effect of a transaction on a wallet, and what it requires: a transaction contains an item only once.

    Args:
        issued_ms: when the token of the actor was issued, if the wallet is the actor's own; else None.
        must_be_active: whether a frozen account rejects the transaction, whatever it moves.
        is_repayment: whether the debit repays the owner's loan, which a frozen or restricted account allows.
        pays_out: whether reserved money is handed to the bank, which moves nothing yet.
        cash_moved: whether the debit follows a movement of cash that no condition can prevent any more.
        borrowing: the change of a borrower's counters, if any.
        receivable: the amount that the owner owes in addition.
        transaction_id: the journal of the change, if there is one.
    """

    user_id: str
    available: Money = ZERO
    reserved: Money = ZERO
    issued_ms: int | None = None
    must_be_active: bool = False
    is_repayment: bool = False
    pays_out: bool = False
    cash_moved: bool = False
    borrowing: BorrowingChange | None = None
    receivable: Money = ZERO
    transaction_id: str | None = None

    @property
    def spends(self) -> bool:
        """True if a frozen or restricted account rejects this: the owner can spend less, and repays no loan."""
        reduces_available = self.available < ZERO or self.available + self.reserved < ZERO
        return self.pays_out or (reduces_available and not self.is_repayment and not self.cash_moved)

    def rejection(self, wallet: Wallet) -> AppError:
        """Return the error for a change that the wallet does not allow."""
        if self.issued_ms is not None and wallet.tokens_valid_from > self.issued_ms:
            return TokenRevoked()
        if wallet.frozen and (self.must_be_active or self.spends):
            return AccountFrozen()
        if wallet.receivable and self.spends:
            return AccountRestricted(wallet.receivable)
        if self.borrowing is not None and (limits := self.borrowing.limits) is not None:
            if wallet.open_requests >= limits.open_requests:
                return TooManyRequestsOpen(limits.open_requests)
            return ExposureLimit(limit=limits.exposure, exposure=wallet.exposure)
        short = self.available if wallet.available + self.available < ZERO else self.reserved
        have = wallet.available if short is self.available else wallet.reserved
        return InsufficientFunds(needed=-short, available=have)
