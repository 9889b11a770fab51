"""Double-entry bookkeeping: accounts, lines, and journal transactions that sum to zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.shared.money import ZERO, Money

PLATFORM_FEES: Final = "platform:fees"
EXTERNAL_CASH: Final = "external:cash"
_WALLET: Final = "wallet:"
_LOAN: Final = "loan:"
HOT_ACCOUNTS: Final = frozenset({PLATFORM_FEES, EXTERNAL_CASH})


class EntryType(StrEnum):
    """Why money moved."""

    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    LOAN_FUNDING = "LOAN_FUNDING"
    LOAN_PAYMENT = "LOAN_PAYMENT"
    PLATFORM_FEE = "PLATFORM_FEE"
    LATE_FEE = "LATE_FEE"
    REFUND = "REFUND"
    REVERSAL = "REVERSAL"


class Unbalanced(ValueError):
    """The lines of a journal transaction do not sum to zero: a defect, never a user's fault."""


def wallet_account(user_id: str) -> str:
    """The ledger account of a person's wallet."""
    return _WALLET + user_id


def loan_account(loan_id: str) -> str:
    """The ledger account of money escrowed or collected for a loan."""
    return _LOAN + loan_id


def owner_of(account: str) -> str | None:
    """The user behind a wallet account; None for other accounts."""
    return account.removeprefix(_WALLET) if account.startswith(_WALLET) else None


@dataclass(frozen=True, slots=True)
class Line:
    """One movement on one account; the amount is signed from the account's side."""

    account: str
    type: EntryType
    amount: Money


@dataclass(frozen=True, slots=True)
class Posting:
    """What one journal transaction does to one account. Immutable once written."""

    account: str
    transaction_id: str
    at: datetime
    lines: tuple[Line, ...]
    description: str
    reference: str | None

    @property
    def total(self) -> Money:
        """The change of the account's balance."""
        return Money.total(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class PostingTotal:
    """What one journal transaction did to one account's balance, in all."""

    account: str
    transaction_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Journal:
    """A balanced movement of money between accounts.

    Raises:
        Unbalanced: the lines do not sum to zero, or there are none.
    """

    id: str
    at: datetime
    lines: tuple[Line, ...]
    description: str = ""
    reference: str | None = None

    def __post_init__(self) -> None:
        if not self.lines or Money.total(line.amount for line in self.lines):
            raise Unbalanced(f"journal transaction {self.id} does not sum to zero")

    def postings(self) -> tuple[Posting, ...]:
        """One posting for each account that changes; what only passes through an account is netted out."""
        by_account: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.amount:
                by_account.setdefault(line.account, []).append(line)
        netted = ((account, _net(lines)) for account, lines in by_account.items())
        return tuple(
            Posting(account, self.id, self.at, lines, self.description, self.reference)
            for account, lines in netted
            if lines
        )


def transfer(debit: str, credit: str, amount: Money, kind: EntryType) -> tuple[Line, Line]:
    """The two lines that move an amount from one account to another."""
    return Line(debit, kind, -amount), Line(credit, kind, amount)


def _net(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Lines of one direction stay; of both directions what is left stays, under the larger side's type."""
    merged: dict[EntryType, Line] = {}
    for line in lines:
        known = merged.get(line.type)
        amount = line.amount if known is None else known.amount + line.amount
        merged[line.type] = Line(line.account, line.type, amount)
    kept = [line for line in merged.values() if line.amount]
    if len({line.amount > ZERO for line in kept}) < 2:
        return tuple(kept)
    total = Money.total(line.amount for line in kept)
    if not total:
        return ()
    largest = max(kept, key=lambda line: abs(line.amount))
    return (Line(largest.account, largest.type, total),)
