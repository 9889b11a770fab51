"""Counters of projections: the counts that each loan or posting adds. Streams and rebuilds share them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.loans.domain.loan import Loan
from chalicelib.shared.money import ZERO
from chalicelib.wallets.domain.ledger import Posting, control_account

Counts = Mapping[str, int]
"""Whole numbers by counter name; amounts are in cents. A missing counter is zero."""

LOANS: Final = "loans"
LEDGER: Final = "ledger"
PROJECTIONS: Final = (LOANS, LEDGER)

WRITTEN_OFF: Final = "written_off"
ORIGINATED_LOANS: Final = "originated.loans"
ORIGINATED_CENTS: Final = "originated.cents"
POSTINGS: Final = "postings"
_DUE: Final = "due"
_ACCOUNT: Final = "account."


@dataclass(frozen=True, slots=True)
class CounterChange:
    """The counts that one stream record adds on a day.

    ``event_key`` identifies the record; ``sequence_number`` is its position in the stream.
    """

    event_key: str
    sequence_number: str
    day: date
    counts: Counts


def total(parts: Iterable[Counts]) -> dict[str, int]:
    """Add up counters by name and drop those that are zero."""
    summed: Counter[str] = Counter()
    for part in parts:
        for name, number in part.items():
            summed[name] += number
    return {name: number for name, number in sorted(summed.items()) if number}


def difference(new: Counts, old: Counts) -> dict[str, int]:
    """Return the counts to add to ``old`` to get ``new``."""
    return total((new, {name: -number for name, number in old.items()}))


def loan_counts(loan: Loan | None) -> Counts:
    """Return the counts of one loan; empty without a loan.

    Outstanding principal is counted by the oldest unpaid due date. Days past due then follow from the day of the
    report, so portfolio at risk changes with the calendar without a write.
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
    """Return the counts of one posting: its control account's balance, and flows by type and direction."""
    if posting is None:
        return {}
    control = control_account(posting.account)
    balance = {account_cents(control): posting.total.cents, POSTINGS: 1}
    return total(
        (balance, *({flow(control, line.type, line.amount > ZERO): abs(line.amount).cents} for line in posting.lines))
    )


def status_loans(status: str) -> str:
    return f"status.{status}.loans"


def status_cents(status: str) -> str:
    return f"status.{status}.cents"


def due_loans(day: date) -> str:
    return f"{_DUE}.{day}.loans"


def due_cents(day: date) -> str:
    return f"{_DUE}.{day}.cents"


def account_cents(control: str) -> str:
    return _ACCOUNT + control


def flow(control: str, kind: str, is_in: bool) -> str:
    """Name the counter of what one type of entry credited to (or debited from) a control account."""
    return f"flow.{control}.{kind}.{'in' if is_in else 'out'}"


def due_dates(counts: Counts) -> list[date]:
    """Return the oldest unpaid due dates that have counters, in order."""
    days = {name.split(".")[1] for name in counts if name.startswith(f"{_DUE}.")}
    return [date.fromisoformat(day) for day in sorted(days)]


def balances(counts: Counts) -> dict[str, int]:
    """Return cents by control account, in order of their names."""
    return {name.removeprefix(_ACCOUNT): cents for name, cents in sorted(counts.items()) if name.startswith(_ACCOUNT)}
