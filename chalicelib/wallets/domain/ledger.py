"""Double-entry bookkeeping: accounts, lines, and journals that sum to zero."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.shared.ids import is_id
from chalicelib.shared.money import ZERO, Money

PLATFORM_FEES: Final = "platform:fees"
PLATFORM_SUSPENSE: Final = "platform:suspense"
PLATFORM_ADJUSTMENTS: Final = "platform:adjustments"
EXTERNAL_CASH: Final = "external:cash"
_WALLET: Final = "wallet:"
_LOAN: Final = "loan:"
RECEIVABLE_PREFIX: Final = "receivable:"
HOT_ACCOUNTS: Final = frozenset({PLATFORM_FEES, PLATFORM_SUSPENSE, PLATFORM_ADJUSTMENTS, EXTERNAL_CASH})


class EntryType(StrEnum):
    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    LOAN_FUNDING = "LOAN_FUNDING"
    LOAN_PAYMENT = "LOAN_PAYMENT"
    PLATFORM_FEE = "PLATFORM_FEE"
    LATE_FEE = "LATE_FEE"
    REFUND = "REFUND"
    REVERSAL = "REVERSAL"
    ADJUSTMENT = "ADJUSTMENT"
    DEPOSIT_RETURN = "DEPOSIT_RETURN"
    WITHDRAWAL_RETURN = "WITHDRAWAL_RETURN"
    RECEIVABLE = "RECEIVABLE"


class AccountKind(StrEnum):
    """Wallets have a balance item, which also holds the user's receivable; loan accounts have only postings.

    Hot accounts are sharded by day.
    """

    WALLET = "wallet"
    RECEIVABLE = "receivable"
    LOAN = "loan"
    HOT = "hot"


class Unbalanced(ValueError):
    """The lines of a journal do not sum to zero: a defect."""


def wallet_account(user_id: str) -> str:
    return _WALLET + user_id


def loan_account(loan_id: str) -> str:
    return _LOAN + loan_id


def receivable_account(user_id: str) -> str:
    """Return the account of what a user owes the platform: negative while something is owed."""
    return RECEIVABLE_PREFIX + user_id


def owner_of(account: str) -> str | None:
    """Return the user of a wallet account, None for other accounts."""
    return account.removeprefix(_WALLET) if account.startswith(_WALLET) else None


def kind_of(account: str) -> AccountKind | None:
    """Return the kind of an account such as ``loan:01J…`` or ``platform:fees``; None if the name is invalid."""
    if account in HOT_ACCOUNTS:
        return AccountKind.HOT
    kind, _, identifier = account.partition(":")
    is_known = kind in (AccountKind.WALLET, AccountKind.RECEIVABLE, AccountKind.LOAN) and is_id(identifier)
    return AccountKind(kind) if is_known else None


def control_account(account: str) -> str:
    """Return the total that an account belongs to: ``wallet:*``, ``loan:*`` and so on, or a hot account itself."""
    return account if account in HOT_ACCOUNTS else account.partition(":")[0] + ":*"


def identifier_of(account: str) -> str:
    return account.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Line:
    """One movement on one account; the amount is signed from the account's side.

    ``interest`` is the part of a LOAN_PAYMENT that is interest, without a sign; the rest is principal.
    """

    account: str
    type: EntryType
    amount: Money
    interest: Money | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """The lines of one journal on one account. Never changed once written. ``payment_id`` as in ``Journal``."""

    account: str
    transaction_id: str
    at: datetime
    lines: tuple[Line, ...]
    description: str
    reference: str | None
    payment_id: str | None = None

    @property
    def total(self) -> Money:
        return Money(sum([line.amount.cents for line in self.lines]))


@dataclass(frozen=True, slots=True)
class PostingTotal:
    """The sum of a posting's lines; ``reference`` is the subject of its journal, such as a loan or a transfer."""

    account: str
    transaction_id: str
    amount: Money
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Journal:
    """A balanced movement of money between accounts.

    ``payment_id`` is the loan payment that the journal distributes, if that has a journal of its own.

    Raises:
        Unbalanced: the lines do not sum to zero, or there are none.
    """

    id: str
    at: datetime
    lines: tuple[Line, ...]
    description: str = ""
    reference: str | None = None
    payment_id: str | None = None

    def __post_init__(self) -> None:
        if not self.lines or sum([line.amount.cents for line in self.lines]) != 0:
            raise Unbalanced(f"journal {self.id} does not sum to zero")

    def postings(self) -> tuple[Posting, ...]:
        """Return one posting for each account that changes; amounts that only pass through an account cancel out."""
        by_account: dict[str, dict[EntryType, int]] = {}
        interest: dict[str, Money] = {}
        for line in self.lines:
            if cents := line.amount.cents:
                by_type = by_account.setdefault(line.account, {})
                by_type[line.type] = by_type.get(line.type, 0) + cents
                if line.interest is not None:
                    interest[line.account] = interest.get(line.account, ZERO) + line.interest
        postings = []
        for account, by_type in by_account.items():
            net = {kind: cents for kind, cents in by_type.items() if cents}
            if net and min(net.values()) < 0 < max(net.values()):  # opposite directions become one line
                largest = max(net, key=lambda kind: abs(by_type[kind]))
                net = {largest: total} if (total := sum(net.values())) else {}
            if net:
                split = {EntryType.LOAN_PAYMENT: interest.get(account)}
                lines = tuple([Line(account, kind, Money(cents), split.get(kind)) for kind, cents in net.items()])
                postings.append(
                    Posting(account, self.id, self.at, lines, self.description, self.reference, self.payment_id)
                )
        return tuple(postings)


def transfer(
    debit: str, credit: str, amount: Money, kind: EntryType, interest: Money | None = None
) -> tuple[Line, Line]:
    """Return the two lines that move an amount from one account to another; ``interest`` as in ``Line``."""
    return Line(debit, kind, Money(-amount.cents), interest), Line(credit, kind, amount, interest)
