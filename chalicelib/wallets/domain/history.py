"""Wallet history: entries, pages and statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.shared.ids import derived_id
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import EntryType, Line, Posting

_JUST_ABOVE = "~"
"""Sorts after any id, so that the next page starts with the same posting."""


@dataclass(frozen=True, slots=True)
class PaymentSplit:
    """A loan payment by component, without signs. ``late_fee`` is the LATE_FEE entry of the same transaction."""

    principal: Money
    interest: Money
    late_fee: Money


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a wallet's history; the amount is signed from the owner's side. Loan payments have a split."""

    id: str
    type: EntryType
    amount: Money
    description: str
    reference: str | None
    created_at: datetime
    split: PaymentSplit | None = None


@dataclass(frozen=True, slots=True)
class HistoryPosition:
    """The start of the next page: after a posting, and after ``shown`` entries of the following one."""

    after: str | None
    shown: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """The entries of a range of days, both inclusive, with the opening and closing balance."""

    first: date
    last: date
    opening_balance: Money
    entries: tuple[Entry, ...]
    closing_balance: Money


def entries_of(posting: Posting) -> tuple[Entry, ...]:
    """Return the entries of a posting; the first has the transaction's id, the others have ids derived from it."""
    return tuple(
        Entry(
            id=posting.transaction_id if number == 0 else derived_id(posting.at, posting.transaction_id, str(number)),
            type=line.type,
            amount=line.amount,
            description=posting.description,
            reference=posting.reference,
            created_at=posting.at,
            split=None if line.interest is None else _split(posting, line, line.interest),
        )
        for number, line in enumerate(posting.lines)
    )


def _split(posting: Posting, payment: Line, interest: Money) -> PaymentSplit:
    late_fee = abs(Money.total(line.amount for line in posting.lines if line.type is EntryType.LATE_FEE))
    return PaymentSplit(abs(payment.amount) - interest, interest, late_fee)


def paginate_entries(
    postings: Sequence[Posting],
    *,
    limit: int,
    kind: EntryType | None,
    position: HistoryPosition | None,
    is_last: bool,
) -> tuple[tuple[Entry, ...], HistoryPosition | None]:
    """Return up to ``limit`` entries of postings that follow ``position``, and the position of the next page.

    ``is_last`` is True if no posting follows these.
    """
    shown = position.shown if position else 0
    after = position.after if position else None
    page: list[Entry] = []
    for posting in postings:
        for number, entry in enumerate(entries_of(posting)[shown:], start=shown):
            if len(page) == limit:
                return tuple(page), HistoryPosition(posting.transaction_id + _JUST_ABOVE, number)
            if kind is None or entry.type is kind:
                page.append(entry)
        after, shown = posting.transaction_id, 0
    return tuple(page), None if is_last else HistoryPosition(after)


def make_statement(first: date, last: date, balance_now: Money, postings_since_first: Iterable[Posting]) -> Statement:
    """Compute a statement from today's balance and all postings since its first day, oldest first."""
    postings = list(postings_since_first)
    later = Money.total(posting.total for posting in postings if posting.at.date() > last)
    within = [posting for posting in postings if posting.at.date() <= last]
    closing = balance_now - later
    opening = closing - Money.total(posting.total for posting in within)
    entries = tuple(entry for posting in within for entry in entries_of(posting))
    return Statement(first, last, opening, entries, closing)
