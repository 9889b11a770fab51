"""The trial balance: every account with its balance, and the proof that they sum to zero."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import PostingTotal, control_account

MOST_LINES: Final = 1000


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """A line of the trial balance."""

    account: str
    balance: Money


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts by name; ``total`` is zero where the books are right."""

    accounts: tuple[AccountBalance, ...]
    total: Money


class Tally:
    """Adds up postings that are read one by one while others are being written.

    Reading takes time, so of a transaction that is written meanwhile one side may be seen and the other missed.
    Transactions younger than ``settled_before`` are therefore counted whole or not at all. Above ``most_lines``
    accounts, wallets and loans are summed into ``wallet:*`` and ``loan:*``: memory and answer stay bounded.
    """

    def __init__(self, *, settled_before: str, most_lines: int = MOST_LINES) -> None:
        self._settled_before = settled_before
        self._most_lines = most_lines
        self._summed = False
        self._cents: defaultdict[str, int] = defaultdict(int)
        self._young: defaultdict[str, list[PostingTotal]] = defaultdict(list)

    def add(self, posting: PostingTotal) -> None:
        """Count a posting."""
        if posting.transaction_id >= self._settled_before:
            self._young[posting.transaction_id].append(posting)
        else:
            self._count(posting.account, posting.amount.cents)

    def absorb(self, other: Tally) -> None:
        """Count everything that another tally counted."""
        for account, cents in other._cents.items():
            self._count(account, cents)
        for transaction_id, postings in other._young.items():
            self._young[transaction_id] += postings

    def close(self) -> TrialBalance:
        """The trial balance, once everything was read. The tally is of no more use."""
        for postings in self._young.values():
            if not Money.total(posting.amount for posting in postings):
                for posting in postings:
                    self._count(posting.account, posting.amount.cents)
        lines = tuple(AccountBalance(account, Money(cents)) for account, cents in sorted(self._cents.items()))
        return TrialBalance(lines, Money.total(line.balance for line in lines))

    def _count(self, account: str, cents: int) -> None:
        self._cents[control_account(account) if self._summed else account] += cents
        if len(self._cents) > self._most_lines and not self._summed:
            self._sum_up()

    def _sum_up(self) -> None:
        one_by_one, self._cents, self._summed = self._cents, defaultdict(int), True
        for account, cents in one_by_one.items():
            self._count(account, cents)
