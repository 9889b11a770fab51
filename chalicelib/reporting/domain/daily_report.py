"""Compute the daily report from the counters after two days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.reporting.domain import counters
from chalicelib.reporting.domain.counters import Counts
from chalicelib.reporting.domain.report import Json
from chalicelib.shared.money import BASIS_POINTS, Money, Rate, round_half_even
from chalicelib.wallets.domain.ledger import (
    EXTERNAL_CASH,
    PLATFORM_ADJUSTMENTS,
    PLATFORM_FEES,
    PLATFORM_SUSPENSE,
    EntryType,
)

WALLETS: Final = "wallet:*"
_BUCKETS: Final = (("current", None, 0), ("1-30", 1, 30), ("31-60", 31, 60), ("61-90", 61, 90), ("over 90", 91, None))
_CONTROLS: Final = (
    EXTERNAL_CASH,
    "loan:*",
    PLATFORM_ADJUSTMENTS,
    PLATFORM_FEES,
    PLATFORM_SUSPENSE,
    "receivable:*",
    WALLETS,
)
_AT_RISK: Final = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class Stock:
    """The counters of both projections at the end of a day."""

    loans: Counts
    ledger: Counts


@dataclass(frozen=True, slots=True)
class _Arrears:
    """Loans with one oldest unpaid due date: days past due, number, and outstanding principal."""

    days: int
    loans: int
    cents: int


def daily_report(day: date, before: Stock, after: Stock) -> dict[str, Json]:
    """Return the figures of a day: stocks at its end, and flows since the end of the day before.

    Shares are percentages with two decimals, rounded half-even; 0.00 if the whole is zero.

    Source: CGAP, Microfinance Consensus Guidelines (portfolio at risk: outstanding principal of loans more than
    N days past due, divided by all outstanding principal).
    """
    moved = counters.difference(after.ledger, before.ledger)
    originated = counters.difference(after.loans, before.loans)
    arrears = [_arrears(after.loans, due, day) for due in counters.due_dates(after.loans)]
    return {
        "loans": _by_status(after.loans),
        **_rates(after.loans, arrears),
        "portfolio": _portfolio(after.loans, arrears),
        "ageing": [_bucket(arrears, *bucket) for bucket in _BUCKETS],
        "origination": {
            "loans": originated.get(counters.ORIGINATED_LOANS, 0),
            "amount": _money(originated.get(counters.ORIGINATED_CENTS, 0)),
        },
        "cash": _cash(moved),
        "cash_flows": [_flow(moved, kind) for kind in EntryType],
        "fee_income": _fees(after.ledger, moved),
        "trial_balance": _trial_balance(after.ledger),
    }


def _by_status(counts: Counts) -> list[Json]:
    return [
        {
            "status": status.value,
            "loans": counts.get(counters.status_loans(status), 0),
            "amount": _money(counts.get(counters.status_cents(status), 0)),
        }
        for status in LoanStatus
    ]


def _rates(counts: Counts, arrears: Iterable[_Arrears]) -> dict[str, Json]:
    originated = counts.get(counters.ORIGINATED_LOANS, 0)
    running = counts.get(counters.status_loans(LoanStatus.FUNDED), 0)
    late = sum(each.loans for each in arrears if each.days > 0)
    return {
        "completion_rate": _percent(counts.get(counters.status_loans(LoanStatus.COMPLETED), 0), originated),
        "default_rate": _percent(counts.get(counters.status_loans(LoanStatus.DEFAULTED), 0), originated),
        "overdue_rate": _percent(late, running),
    }


def _portfolio(counts: Counts, arrears: Sequence[_Arrears]) -> dict[str, Json]:
    outstanding = _cents_later_than(arrears, None)
    return {
        "disbursed": _money(counts.get(counters.ORIGINATED_CENTS, 0)),
        "outstanding": _money(outstanding),
        "overdue": _money(_cents_later_than(arrears, 0)),
        "written_off": _money(counts.get(counters.WRITTEN_OFF, 0)),
        **{f"par{days}": _percent(_cents_later_than(arrears, days), outstanding) for days in _AT_RISK},
    }


def _arrears(counts: Counts, due: date, day: date) -> _Arrears:
    return _Arrears(
        days=(day - due).days,
        loans=counts.get(counters.due_loans(due), 0),
        cents=counts.get(counters.due_cents(due), 0),
    )


def _cents_later_than(arrears: Iterable[_Arrears], days: int | None) -> int:
    return sum(each.cents for each in arrears if days is None or each.days > days)


def _bucket(arrears: Sequence[_Arrears], name: str, least: int | None, most: int | None) -> Json:
    inside = [each for each in arrears if (least is None or each.days >= least) and (most is None or each.days <= most)]
    cents = sum(each.cents for each in inside)
    return {
        "days_late": name,
        "loans": sum(each.loans for each in inside),
        "outstanding": _money(cents),
        "share": _percent(cents, _cents_later_than(arrears, None)),
    }


def _cash(moved: Counts) -> Json:
    paid_in = moved.get(counters.flow(EXTERNAL_CASH, EntryType.DEPOSIT, is_in=False), 0)
    paid_out = moved.get(counters.flow(EXTERNAL_CASH, EntryType.WITHDRAWAL, is_in=True), 0)
    net = -moved.get(counters.account_cents(EXTERNAL_CASH), 0)
    return {"deposits": _money(paid_in), "withdrawals": _money(paid_out), "net": _money(net)}


def _flow(moved: Counts, kind: EntryType) -> Json:
    """Return the amounts that one type of entry credited to and debited from wallets."""
    received, paid = (moved.get(counters.flow(WALLETS, kind, is_in), 0) for is_in in (True, False))
    return {"type": kind.value, "received": _money(received), "paid": _money(paid)}


def _fees(stock: Counts, moved: Counts) -> Json:
    def earned(counts: Counts, kind: EntryType) -> int:
        into, out = (counts.get(counters.flow(PLATFORM_FEES, kind, is_in), 0) for is_in in (True, False))
        return into - out

    balance = counters.account_cents(PLATFORM_FEES)
    return {
        "platform_fees": _money(earned(moved, EntryType.PLATFORM_FEE)),
        "late_fees": _money(earned(moved, EntryType.LATE_FEE)),
        "refunds": _money(-earned(moved, EntryType.REFUND)),
        "of_the_day": _money(moved.get(balance, 0)),
        "to_date": _money(stock.get(balance, 0)),
    }


def _trial_balance(counts: Counts) -> Json:
    found = {**dict.fromkeys(_CONTROLS, 0), **counters.balances(counts)}
    return {
        "accounts": [{"account": account, "balance": _money(cents)} for account, cents in found.items()],
        "total": _money(sum(found.values())),
    }


def _money(cents: int) -> str:
    return str(Money(cents))


def _percent(part: int, whole: int) -> str:
    return str(Rate(round_half_even(Fraction(part * BASIS_POINTS, whole)) if whole else 0))
