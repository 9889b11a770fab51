"""The chart of accounts: which names an account can have, and how it is kept."""

from __future__ import annotations

from enum import StrEnum

from chalicelib.shared.ids import is_id
from chalicelib.wallets.domain.ledger import HOT_ACCOUNTS


class AccountKind(StrEnum):
    """How an account is kept: with a balance of its own, by its postings alone, or spread by day and shard."""

    WALLET = "wallet"
    LOAN = "loan"
    HOT = "hot"


def kind_of(account: str) -> AccountKind | None:
    """The kind of an account by its name, such as ``loan:01J…`` or ``platform:fees``; None: no account is so named."""
    if account in HOT_ACCOUNTS:
        return AccountKind.HOT
    kind, _, identifier = account.partition(":")
    known = kind in (AccountKind.WALLET, AccountKind.LOAN) and is_id(identifier)
    return AccountKind(kind) if known else None


def control_account(account: str) -> str:
    """The line that stands for all accounts of a kind: ``wallet:*``, ``loan:*``; hot accounts stand for themselves."""
    return account if account in HOT_ACCOUNTS else account.partition(":")[0] + ":*"


def identifier_of(account: str) -> str:
    """The user or loan that an account belongs to."""
    return account.partition(":")[2]
