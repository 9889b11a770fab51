"""Reconciliation of the ledger: progress of its segments, differences and the combined result.

Besides the accounts themselves it compares cash with transfers: what came in less what went out, by the ledger, is
what the stored transfers have moved and what is in suspense. Deposits and withdrawals of the provider `instant` are
not stored as transfers; their journals have no reference and do not count on either side.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Final

from chalicelib.reporting.domain.counters import Counts, total
from chalicelib.shared.money import ZERO, Money
from chalicelib.transfers.domain.transfer import Direction, Transfer
from chalicelib.wallets.domain.ledger import EXTERNAL_CASH, PLATFORM_SUSPENSE, PostingTotal

MAX_LISTED: Final = 100
"""Differences that are listed; all are counted."""
ALL_ACCOUNTS: Final = "all accounts"
BANK_STATEMENT: Final = "bank statement"
_CASH: Final = frozenset({EXTERNAL_CASH, PLATFORM_SUSPENSE})


class SegmentKind(StrEnum):
    """The items a segment reads.

    They are postings, wallets, loans whose ledger account may hold money, transfers, or the newest bank statement.
    """

    LEDGER = "LEDGER"
    WALLETS = "WALLETS"
    ESCROWS = "ESCROWS"
    TRANSFERS = "TRANSFERS"
    BANK = "BANK"


@dataclass(frozen=True, slots=True)
class Difference:
    """An account whose postings, transfers or reservations do not sum to its expected balance."""

    account: str
    expected: Money
    found: Money


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of one segment.

    Attributes:
        after: key after which reading continues.
        carried: sum of the account at the end of the last page, whose postings may continue on the next page.
        settled_cents: sum of the postings of all transactions that are certainly complete.
        cash_cents: money that came in less money that went out, by these postings and outside of suspense.
        transferred_cents: the same by the transfers.
        receivables: the first users who owe something, and the cents that they owe.
        counts: what was read and found.
        differences: the first differences.
        is_done: True if the segment was read to its end.
        first_total, first_cash: total and difference of cash in the first run, if this is a repeated run.
    """

    after: str | None = None
    carried: Mapping[str, int] = field(default_factory=dict)
    settled_cents: int = 0
    cash_cents: int = 0
    transferred_cents: int = 0
    receivables: tuple[tuple[str, int], ...] = ()
    counts: Counts = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    is_done: bool = False
    first_total: int | None = None
    first_cash: int | None = None

    def to_json(self) -> str:
        fields = asdict(self)
        fields["differences"] = [[each.account, each.expected.cents, each.found.cents] for each in self.differences]
        return json.dumps(fields, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Progress:
        fields = json.loads(text)
        differences = tuple(
            Difference(account, Money(expected), Money(found)) for account, expected, found in fields["differences"]
        )
        receivables = tuple((user_id, cents) for user_id, cents in fields["receivables"])
        return cls(**{**fields, "differences": differences, "receivables": receivables})

    def with_postings(self, page: Sequence[PostingTotal], *, settled_before: str, has_more: bool) -> Progress:
        """Add a page of the ledger. ``carried`` then contains the sums of all its accounts."""
        sums = dict(self.carried)
        settled, cash = self.settled_cents, self.cash_cents
        for posting in page:
            sums[posting.account] = sums.get(posting.account, 0) + posting.amount.cents
            if posting.transaction_id < settled_before:
                settled += posting.amount.cents
                cash -= posting.amount.cents if posting.account in _CASH and posting.reference else 0
        counts = total((self.counts, {"postings": len(page)}))
        return replace(self, carried=sums, settled_cents=settled, cash_cents=cash, counts=counts, is_done=not has_more)

    def with_transfers(self, page: Sequence[Transfer], *, settled_before: str) -> Progress:
        """Add a page of transfers."""
        moved = self.transferred_cents + sum(moved_cents(each, settled_before=settled_before) for each in page)
        return replace(self, transferred_cents=moved, counts=total((self.counts, {"transfers": len(page)})))

    def with_receivables(self, owed: Mapping[str, Money]) -> Progress:
        """Add the users of a page of wallets who owe something."""
        listed = (*self.receivables, *((user_id, amount.cents) for user_id, amount in owed.items()))
        cents = sum(amount.cents for amount in owed.values())
        counts = total((self.counts, {"receivables": len(owed), "receivable_cents": cents}))
        return replace(self, receivables=listed[:MAX_LISTED], counts=counts)

    def unfinished_account(self, page: Sequence[PostingTotal]) -> str | None:
        """Return the account whose postings may continue on the next page."""
        if self.is_done:
            return None
        return page[-1].account if page else next(iter(self.carried), None)

    def with_differences(self, counts: Counts, differences: Sequence[Difference]) -> Progress:
        """Add the counts and differences of a page."""
        counted = total((self.counts, counts, {"differences": len(differences)}))
        return replace(self, counts=counted, differences=(*self.differences, *differences)[:MAX_LISTED])


@dataclass(frozen=True, slots=True)
class ReconciliationResult:
    """All segments together; ``cash`` is what the ledger has moved in and out and the transfers have not."""

    counts: Counts
    differences: tuple[Difference, ...]
    receivables: tuple[tuple[str, int], ...]
    total: Money
    cash: Money
    is_repeated: bool

    @property
    def must_be_repeated(self) -> bool:
        """True if the accounts, or cash and transfers, do not sum to zero in a first run.

        A transaction written during the scan may have been read in part; a real difference shows the same sum again.
        """
        return (self.total != ZERO or self.cash != ZERO) and not self.is_repeated


def combine(segments: Iterable[Progress]) -> ReconciliationResult:
    """Combine segments that are all done."""
    done = list(segments)
    counts = total(segment.counts for segment in done)
    ledger_total = Money(sum(segment.settled_cents for segment in done))
    cash, transferred = sum(each.cash_cents for each in done), sum(each.transferred_cents for each in done)
    first = next((each for each in done if each.first_total is not None), None)
    sums = (
        []
        if first is None
        else [
            (Difference(ALL_ACCOUNTS, ZERO, ledger_total), first.first_total),
            (Difference(EXTERNAL_CASH, Money(-transferred), Money(-cash)), first.first_cash),
        ]
    )
    again: list[Difference] = []
    for difference, before in sums:
        cents = difference.found.cents - difference.expected.cents
        if cents and cents == before:
            again.append(difference)
            counts = total((counts, {"differences": 1}))
        elif cents:
            counts = total((counts, {"undecided": 1}))
    listed = (*again, *(difference for segment in done for difference in segment.differences))
    return ReconciliationResult(
        counts=counts,
        differences=listed[:MAX_LISTED],
        receivables=tuple(owed for segment in done for owed in segment.receivables)[:MAX_LISTED],
        total=ledger_total,
        cash=Money(transferred - cash),
        is_repeated=first is not None,
    )


def moved_cents(transfer: Transfer, *, settled_before: str) -> int:
    """Return what a transfer has moved in, by its journals before a transaction id; negative for what it moved out."""
    journals = ((transfer.transaction_id, 1), (transfer.return_transaction_id, -1))
    times = sum(sign for journal_id, sign in journals if journal_id and journal_id < settled_before)
    return times * (transfer.amount.cents if transfer.direction is Direction.DEPOSIT else -transfer.amount.cents)
