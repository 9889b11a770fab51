"""Cutting postings into pages of rows: a posting can have several, and a page may end between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.wallets.domain.history import Entry, entries_of
from chalicelib.wallets.domain.ledger import Posting


@dataclass(frozen=True, slots=True)
class LinePosition:
    """The last row that was shown: its posting, and how many of that posting's rows were."""

    transaction_id: str
    rows: int


def postings_needed(limit: int) -> int:
    """How many postings surely hold a page and show whether more follow: one may have been shown already."""
    return limit + 2


def lines_after(
    mark: LinePosition | None, postings: Iterable[Posting], *, limit: int
) -> tuple[tuple[Entry, ...], LinePosition | None]:
    """The next rows of postings that are given newest first, and where they end; None: no row follows."""
    rows = [
        (LinePosition(posting.transaction_id, number), entry)
        for posting in postings
        for number, entry in enumerate(entries_of(posting), start=1)
        if mark is None or _follows(mark, posting.transaction_id, number)
    ]
    shown = rows[:limit]
    return tuple(entry for _, entry in shown), shown[-1][0] if len(rows) > limit else None


def _follows(mark: LinePosition, transaction_id: str, row: int) -> bool:
    same = transaction_id == mark.transaction_id
    return row > mark.rows if same else transaction_id < mark.transaction_id
