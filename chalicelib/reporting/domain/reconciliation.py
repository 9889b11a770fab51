"""Reconciliation: what was compared, what differs, and how far each part has come. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Final

from chalicelib.reporting.domain.counters import Counts, total
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.domain.ledger import HOT_ACCOUNTS, PostingTotal

MOST_LISTED: Final = 100
"""Differences that a part lists; all are counted."""
THE_BOOKS: Final = "all accounts"


class Part(StrEnum):
    """What is gone through: every posting, every wallet, every loan whose account may hold money."""

    LEDGER = "LEDGER"
    WALLETS = "WALLETS"
    ESCROWS = "ESCROWS"


@dataclass(frozen=True, slots=True)
class Difference:
    """An account whose postings do not sum to what the wallet or the loan says."""

    account: str
    expected: Money
    found: Money


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one segment has come.

    ``after`` is where its reading goes on. The sum of the account that the last page ended with is carried over,
    since its postings may go on. ``settled_cents`` adds up every posting of transactions that surely were written
    whole. ``first_total`` is what a reconciliation that was repeated had found.
    """

    after: str | None = None
    carried: Mapping[str, int] = field(default_factory=dict)
    settled_cents: int = 0
    counts: Counts = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    is_done: bool = False
    first_total: int | None = None

    def text(self) -> str:
        """As it is kept."""
        kept = asdict(self)
        kept["differences"] = [[each.account, each.expected.cents, each.found.cents] for each in self.differences]
        return json.dumps(kept, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Progress:
        """From what was kept."""
        kept = json.loads(text)
        found = tuple(Difference(account, Money(one), Money(other)) for account, one, other in kept["differences"])
        return cls(**{**kept, "differences": found})

    def with_postings(self, page: Sequence[PostingTotal], *, settled_before: str, goes_on: bool) -> Progress:
        """Add a page of the ledger. ``carried`` then holds the sums of all accounts that were met."""
        sums = dict(self.carried)
        settled = self.settled_cents
        for posting in page:
            sums[posting.account] = sums.get(posting.account, 0) + posting.amount.cents
            settled += posting.amount.cents if posting.transaction_id < settled_before else 0
        counts = total((self.counts, {"postings": len(page)}))
        return replace(self, carried=sums, settled_cents=settled, counts=counts, is_done=not goes_on)

    def unfinished_account(self, page: Sequence[PostingTotal]) -> str | None:
        """The account whose postings may go on with the next page."""
        if self.is_done:
            return None
        return page[-1].account if page else next(iter(self.carried), None)

    def with_findings(self, counts: Counts, differences: Sequence[Difference]) -> Progress:
        """Add what a page has shown."""
        counted = total((self.counts, counts, {"differences": len(differences)}))
        return replace(self, counts=counted, differences=(*self.differences, *differences)[:MOST_LISTED])


@dataclass(frozen=True, slots=True)
class Outcome:
    """All segments together."""

    counts: Counts
    differences: tuple[Difference, ...]
    total: Money
    is_repeated: bool

    @property
    def needs_second_look(self) -> bool:
        """Whether the accounts do not sum to zero for the first time.

        A transaction that was written while the ledger was read may show one of its sides; a real hole shows
        the same sum again.
        """
        return self.total != ZERO and not self.is_repeated


def outcome_of(parts: Iterable[Progress]) -> Outcome:
    """Add up segments that are all done."""
    found = list(parts)
    counts = total(part.counts for part in found)
    differences = tuple(difference for part in found for difference in part.differences)[:MOST_LISTED]
    books = Money(sum(part.settled_cents for part in found))
    before = next((part.first_total for part in found if part.first_total is not None), None)
    if books and before == books.cents:
        differences = (Difference(THE_BOOKS, ZERO, books), *differences)
        counts = total((counts, {"differences": 1}))
    elif books and before is not None:
        counts = total((counts, {"undecided": 1}))
    return Outcome(counts, differences, books, before is not None)


def is_compared(account: str) -> bool:
    """Whether an item says what the account should hold; the platform's own accounts have none."""
    return account not in HOT_ACCOUNTS
