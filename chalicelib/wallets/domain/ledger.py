"""Double-entry bookkeeping: accounts, lines, and journals that sum to zero."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.shared.ids import is_id
from chalicelib.shared.money import ZERO, Money

PLATFORM_FEES: Final = "platform:fees"
EXTERNAL_CASH: Final = "external:cash"
_WALLET: Final = "wallet:"
_LOAN: Final = "loan:"
HOT_ACCOUNTS: Final = frozenset({PLATFORM_FEES, EXTERNAL_CASH})


class EntryType(StrEnum):
    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    LOAN_FUNDING = "LOAN_FUNDING"
    LOAN_PAYMENT = "LOAN_PAYMENT"
    PLATFORM_FEE = "PLATFORM_FEE"
    LATE_FEE = "LATE_FEE"
    REFUND = "REFUND"
    REVERSAL = "REVERSAL"


class AccountKind(StrEnum):
    """Wallets have a balance item, loan accounts only postings, and hot accounts are sharded by day."""

    WALLET = "wallet"
    LOAN = "loan"
    HOT = "hot"


class Unbalanced(ValueError):
    """The lines of a journal do not sum to zero: a defect."""


def wallet_account(user_id: str) -> str:
    return _WALLET + user_id


def loan_account(loan_id: str) -> str:
    return _LOAN + loan_id


def owner_of(account: str) -> str | None:
    """Return the user of a wallet account, None for other accounts."""
    return account.removeprefix(_WALLET) if account.startswith(_WALLET) else None


def kind_of(account: str) -> AccountKind | None:
    """Return the kind of an account such as ``loan:01J…`` or ``platform:fees``; None if the name is invalid."""
    if account in HOT_ACCOUNTS:
        return AccountKind.HOT
    kind, _, identifier = account.partition(":")
    is_known = kind in (AccountKind.WALLET, AccountKind.LOAN) and is_id(identifier)
    return AccountKind(kind) if is_known else None


def control_account(account: str) -> str:
    """Return the total that an account belongs to: ``wallet:*``, ``loan:*``, or a hot account itself."""
    return account if account in HOT_ACCOUNTS else account.partition(":")[0] + ":*"


def identifier_of(account: str) -> str:
    return account.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Line:
    """One movement on one account; the amount is signed from the account's side."""

    account: str
    type: EntryType
    amount: Money


@dataclass(frozen=True, slots=True)
class Posting:
    """The lines of one journal on one account. Never changed once written."""

    account: str
    transaction_id: str
    at: datetime
    lines: tuple[Line, ...]
    description: str
    reference: str | None

    @property
    def total(self) -> Money:
        return Money.total(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class PostingTotal:
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
            raise Unbalanced(f"journal {self.id} does not sum to zero")

    def postings(self) -> tuple[Posting, ...]:
        """Return one posting for each account that changes; amounts that only pass through an account cancel out."""
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
    """Return the two lines that move an amount from one account to another."""
    return Line(debit, kind, -amount), Line(credit, kind, amount)


def _net(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Merge lines by type; lines of opposite directions become one, with the type of the largest."""
    merged: dict[EntryType, Line] = {}
    for line in lines:
        known = merged.get(line.type)
        amount = line.amount if known is None else known.amount + line.amount
        merged[line.type] = Line(line.account, line.type, amount)
    remaining = [line for line in merged.values() if line.amount]
    if len({line.amount > ZERO for line in remaining}) < 2:
        return tuple(remaining)
    total = Money.total(line.amount for line in remaining)
    if not total:
        return ()
    largest = max(remaining, key=lambda line: abs(line.amount))
    return (Line(largest.account, largest.type, total),)
