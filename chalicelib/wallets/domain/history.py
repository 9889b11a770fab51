"""What a wallet's owner reads: entries, pages of them, statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.shared.ids import derived_id
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import EntryType, Posting

_JUST_ABOVE = "~"
"""Sorts behind every id that continues with it, so a list goes on with that very posting."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a wallet's history; the amount is signed from the owner's side."""

    id: str
    type: EntryType
    amount: Money
    description: str
    reference: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HistoryPosition:
    """Where a list goes on: after a posting, having shown some entries of the next one."""

    after: str | None
    shown: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """A range of days (inclusive) with the balances around it."""

    first: date
    last: date
    opening_balance: Money
    entries: tuple[Entry, ...]
    closing_balance: Money


def entries_of(posting: Posting) -> tuple[Entry, ...]:
    """The rows of a posting; the first bears the transaction's id, the others ids derived from it."""
    return tuple(
        Entry(
            id=posting.transaction_id if row == 0 else derived_id(posting.at, posting.transaction_id, str(row)),
            type=line.type,
            amount=line.amount,
            description=posting.description,
            reference=posting.reference,
            created_at=posting.at,
        )
        for row, line in enumerate(posting.lines)
    )


def page_entries(
    postings: Sequence[Posting],
    *,
    limit: int,
    kind: EntryType | None,
    position: HistoryPosition | None,
    ends: bool,
) -> tuple[tuple[Entry, ...], HistoryPosition | None]:
    """Cut at most ``limit`` entries from postings that follow ``position``; say where the list goes on.

    ``ends`` tells that no posting follows these.
    """
    shown = position.shown if position else 0
    after = position.after if position else None
    taken: list[Entry] = []
    for posting in postings:
        rows = entries_of(posting)
        for number, entry in enumerate(rows[shown:], start=shown):
            if len(taken) == limit:
                return tuple(taken), HistoryPosition(posting.transaction_id + _JUST_ABOVE, number)
            if kind is None or entry.type is kind:
                taken.append(entry)
        after, shown = posting.transaction_id, 0
    return tuple(taken), None if ends else HistoryPosition(after)


def make_statement(first: date, last: date, balance_now: Money, postings_since_first: Iterable[Posting]) -> Statement:
    """Work back from today's balance: postings are all those from the first day on, oldest first."""
    postings = list(postings_since_first)
    later = Money.total(posting.total for posting in postings if posting.at.date() > last)
    within = [posting for posting in postings if posting.at.date() <= last]
    closing = balance_now - later
    opening = closing - Money.total(posting.total for posting in within)
    return Statement(first, last, opening, tuple(_flatten(within)), closing)


def _flatten(postings: Iterable[Posting]) -> Iterator[Entry]:
    for posting in postings:
        yield from entries_of(posting)
