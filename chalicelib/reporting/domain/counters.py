"""Projections: what a loan or a posting adds to named counters. Pure, so that a stream and a rebuild agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from chalicelib.loans.domain.loan import Loan
from chalicelib.shared.money import ZERO
from chalicelib.wallets.domain.ledger import Posting, control_account

Counts = Mapping[str, int]
"""Whole numbers by name; amounts in cents. A counter that is not there is zero."""

LOANS: Final = "loans"
LEDGER: Final = "ledger"
PROJECTIONS: Final = (LOANS, LEDGER)

WRITTEN_OFF: Final = "written_off"
ORIGINATED_LOANS: Final = "originated.loans"
ORIGINATED_CENTS: Final = "originated.cents"
POSTINGS: Final = "postings"
_DUE: Final = "due"
_ACCOUNT: Final = "account."


def total(parts: Iterable[Counts]) -> dict[str, int]:
    """Add counters up by name; those that come to zero fall away."""
    summed: Counter[str] = Counter()
    for part in parts:
        for name, number in part.items():
            summed[name] += number
    return {name: number for name, number in sorted(summed.items()) if number}


def difference(new: Counts, old: Counts) -> dict[str, int]:
    """What must be added to ``old`` to get ``new``."""
    return total((new, {name: -number for name, number in old.items()}))


def loan_counts(loan: Loan | None) -> Counts:
    """What one loan adds, as it stands; nothing where there is none.

    Principal outstanding is kept by the oldest unpaid due date: how late it is follows from the day of the
    question, so that portfolio at risk moves with the calendar and nobody writes.
    """
    if loan is None:
        return {}
    counts = {status_loans(loan.status): 1, status_cents(loan.status): loan.amount.cents}
    if loan.funded_at is not None:
        counts |= {ORIGINATED_LOANS: 1, ORIGINATED_CENTS: loan.amount.cents}
    if loan.written_off:
        counts[WRITTEN_OFF] = loan.written_off.cents
    if loan.outstanding and loan.next_due_date is not None:
        counts |= {due_loans(loan.next_due_date): 1, due_cents(loan.next_due_date): loan.outstanding.cents}
    return counts


def posting_counts(posting: Posting | None) -> Counts:
    """What one posting adds: to its control account's balance, and to the flow of each line's type and direction."""
    if posting is None:
        return {}
    control = control_account(posting.account)
    balance = {account_cents(control): posting.total.cents, POSTINGS: 1}
    return total(
        (balance, *({flow(control, line.type, line.amount > ZERO): abs(line.amount).cents} for line in posting.lines))
    )


def status_loans(status: str) -> str:
    """How many loans are in a status."""
    return f"status.{status}.loans"


def status_cents(status: str) -> str:
    """The amounts of the loans in a status."""
    return f"status.{status}.cents"


def due_loans(day: date) -> str:
    """How many running loans have this oldest unpaid due date."""
    return f"{_DUE}.{day}.loans"


def due_cents(day: date) -> str:
    """Principal outstanding of the loans with this oldest unpaid due date."""
    return f"{_DUE}.{day}.cents"


def account_cents(control: str) -> str:
    """The balance of a control account."""
    return _ACCOUNT + control


def flow(control: str, kind: str, is_in: bool) -> str:
    """What came into (or went out of) the accounts of a kind under one type of entry."""
    return f"flow.{control}.{kind}.{'in' if is_in else 'out'}"


def due_dates(counts: Counts) -> list[date]:
    """The oldest unpaid due dates that are counted, in order."""
    found = {name.split(".")[1] for name in counts if name.startswith(f"{_DUE}.")}
    return [date.fromisoformat(day) for day in sorted(found)]


def balances(counts: Counts) -> dict[str, int]:
    """Cents by control account, in order of their names."""
    return {name.removeprefix(_ACCOUNT): cents for name, cents in sorted(counts.items()) if name.startswith(_ACCOUNT)}
