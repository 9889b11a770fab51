"""Reconciliation of the ledger: progress of its segments, differences and the combined result."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Final

from chalicelib.reporting.domain.counters import Counts, total
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.domain.ledger import PostingTotal

MAX_LISTED: Final = 100
"""Differences that are listed; all are counted."""
ALL_ACCOUNTS: Final = "all accounts"


class SegmentKind(StrEnum):
    """The items a segment reads: postings, wallets, or loans whose ledger account may hold money."""

    LEDGER = "LEDGER"
    WALLETS = "WALLETS"
    ESCROWS = "ESCROWS"


@dataclass(frozen=True, slots=True)
class Difference:
    """An account whose postings do not sum to the balance of its wallet or loan."""

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
        counts: what was read and found.
        differences: the first differences.
        is_done: True if the segment was read to its end.
        first_total: total of the first run, if this is a repeated run.
    """

    after: str | None = None
    carried: Mapping[str, int] = field(default_factory=dict)
    settled_cents: int = 0
    counts: Counts = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    is_done: bool = False
    first_total: int | None = None

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
        return cls(**{**fields, "differences": differences})

    def with_postings(self, page: Sequence[PostingTotal], *, settled_before: str, has_more: bool) -> Progress:
        """Add a page of the ledger. ``carried`` then contains the sums of all its accounts."""
        sums = dict(self.carried)
        settled = self.settled_cents
        for posting in page:
            sums[posting.account] = sums.get(posting.account, 0) + posting.amount.cents
            settled += posting.amount.cents if posting.transaction_id < settled_before else 0
        counts = total((self.counts, {"postings": len(page)}))
        return replace(self, carried=sums, settled_cents=settled, counts=counts, is_done=not has_more)

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
    counts: Counts
    differences: tuple[Difference, ...]
    total: Money
    is_repeated: bool

    @property
    def must_be_repeated(self) -> bool:
        """True if the accounts do not sum to zero in a first run.

        A transaction written during the scan may have been read in part; a real difference shows the same sum again.
        """
        return self.total != ZERO and not self.is_repeated


def combine(segments: Iterable[Progress]) -> ReconciliationResult:
    """Combine segments that are all done."""
    done = list(segments)
    counts = total(segment.counts for segment in done)
    differences = tuple(difference for segment in done for difference in segment.differences)[:MAX_LISTED]
    ledger_total = Money(sum(segment.settled_cents for segment in done))
    first_total = next((segment.first_total for segment in done if segment.first_total is not None), None)
    if ledger_total and first_total == ledger_total.cents:
        differences = (Difference(ALL_ACCOUNTS, ZERO, ledger_total), *differences)
        counts = total((counts, {"differences": 1}))
    elif ledger_total and first_total is not None:
        counts = total((counts, {"undecided": 1}))
    return ReconciliationResult(counts, differences, ledger_total, first_total is not None)
