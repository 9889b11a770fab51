"""The trial balance: the balance of every account, and their total, which must be zero."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import PostingTotal, control_account

MAX_LINES: Final = 1000


@dataclass(frozen=True, slots=True)
class AccountBalance:
    account: str
    balance: Money


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts by name; ``total`` is zero in a correct ledger."""

    accounts: tuple[AccountBalance, ...]
    total: Money


class TrialBalanceBuilder:
    """Adds up postings during a scan while others are written.

    The scan may read one side of a concurrent transaction and miss the other. Transactions from ``settled_before`` on
    are therefore counted only if they are complete. Above ``max_lines`` accounts, wallets and loans are summed into
    ``wallet:*`` and ``loan:*``, which bounds memory and the response.
    """

    def __init__(self, *, settled_before: str, max_lines: int = MAX_LINES) -> None:
        self._settled_before = settled_before
        self._max_lines = max_lines
        self._is_summarised = False
        self._cents: defaultdict[str, int] = defaultdict(int)
        self._recent: defaultdict[str, list[PostingTotal]] = defaultdict(list)

    def add(self, posting: PostingTotal) -> None:
        if posting.transaction_id >= self._settled_before:
            self._recent[posting.transaction_id].append(posting)
        else:
            self._add_cents(posting.account, posting.amount.cents)

    def merge(self, other: TrialBalanceBuilder) -> None:
        for account, cents in other._cents.items():
            self._add_cents(account, cents)
        for transaction_id, postings in other._recent.items():
            self._recent[transaction_id] += postings

    def build(self) -> TrialBalance:
        """Return the trial balance. Call it once, after the last posting."""
        for postings in self._recent.values():
            if not Money.total(posting.amount for posting in postings):
                for posting in postings:
                    self._add_cents(posting.account, posting.amount.cents)
        lines = tuple(AccountBalance(account, Money(cents)) for account, cents in sorted(self._cents.items()))
        return TrialBalance(lines, Money.total(line.balance for line in lines))

    def _add_cents(self, account: str, cents: int) -> None:
        self._cents[control_account(account) if self._is_summarised else account] += cents
        if len(self._cents) > self._max_lines and not self._is_summarised:
            self._summarise()

    def _summarise(self) -> None:
        by_account, self._cents, self._is_summarised = self._cents, defaultdict(int), True
        for account, cents in by_account.items():
            self._add_cents(account, cents)
