"""The figures of a daily report, computed directly from the items of the ledger and the loans."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.lending_math.due_dates import add_months
from chalicelib.shared.ids import moment_of
from tests.engines import Storage

RISKS = (30, 60, 90)
CONTROLS = (
    "external:cash",
    "loan:*",
    "platform:adjustments",
    "platform:fees",
    "platform:suspense",
    "receivable:*",
    "wallet:*",
)


@dataclass(frozen=True, slots=True)
class RunningLoan:
    """The oldest unpaid due date of a running loan, and its outstanding principal."""

    due: date
    cents: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The compared figures of a day."""

    statuses: dict[str, int]
    controls: dict[str, str]
    fees_to_date: str
    fees_of_the_day: str
    deposits: str
    late_loans: int
    outstanding: str
    written_off: str
    risk: dict[str, str]


@dataclass(frozen=True, slots=True)
class Tables:
    """The items of the ledger and of the loans at the end of a day."""

    ledger: list[dict[str, Any]]
    loans: list[dict[str, Any]]

    @classmethod
    def read(cls, storage: Storage) -> Tables:
        """Read the current items."""
        return cls(storage.items("ledger"), storage.items("loans"))


def figures_of_tables(tables: Tables, day: date) -> Figures:
    """Compute the figures of a day; the tables must not have changed since its end."""
    controls = dict.fromkeys(CONTROLS, 0)
    today: Counter[tuple[str, str]] = Counter()
    for item in tables.ledger:
        account = item["account"]["S"].partition("#")[0]
        control = account if account in CONTROLS else account.partition(":")[0] + ":*"
        for line in item["lines"]["L"]:
            kind, cents = line["L"][0]["S"], int(line["L"][1]["N"])
            controls[control] += cents
            if moment_of(item["transaction"]["S"]).date() == day:
                today[control, kind] += cents
    loans = {item["pk"]["S"]: item for item in tables.loans if item["sk"]["S"] == "LOAN"}
    running = [loan for item in tables.loans if (loan := _running_loan(item, loans)) is not None]
    lost = sum(int(loan["written_off"]["N"]) for loan in loans.values())
    return Figures(
        statuses=dict(Counter(loan["status"]["S"] for loan in loans.values())),
        controls={name: money(cents) for name, cents in controls.items()},
        fees_to_date=money(controls["platform:fees"]),
        fees_of_the_day=money(sum(cents for (control, _), cents in today.items() if control == "platform:fees")),
        deposits=money(-today["external:cash", "DEPOSIT"]),
        late_loans=sum(loan.due < day for loan in running),
        outstanding=money(sum(loan.cents for loan in running)),
        written_off=money(lost),
        risk={f"par{days}": _share_past_due(running, day, days) for days in RISKS},
    )


def figures_of_report(content: dict[str, Any]) -> Figures:
    """Return the figures of a report."""
    return Figures(
        statuses={line["status"]: line["loans"] for line in content["loans"] if line["loans"]},
        controls={line["account"]: line["balance"] for line in content["trial_balance"]["accounts"]},
        fees_to_date=content["fee_income"]["to_date"],
        fees_of_the_day=content["fee_income"]["of_the_day"],
        deposits=content["cash"]["deposits"],
        late_loans=sum(bucket["loans"] for bucket in content["ageing"] if bucket["days_late"] != "current"),
        outstanding=content["portfolio"]["outstanding"],
        written_off=content["portfolio"]["written_off"],
        risk={f"par{days}": content["portfolio"][f"par{days}"] for days in RISKS},
    )


def money(cents: int) -> str:
    """Format cents as the API does."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _running_loan(item: dict[str, Any], loans: dict[str, Any]) -> RunningLoan | None:
    """Return a running loan from its schedule item."""
    if item["sk"]["S"] != "SCHEDULE" or loans[item["pk"]["S"]]["status"]["S"] != "FUNDED":
        return None
    funded_on = date.fromisoformat(item["funded_on"]["S"])
    rows = [[int(cell["N"]) for cell in row["L"]] for row in item["instalments"]["L"]]
    unpaid = [row for row in rows if sum(row[1:4]) > sum(row[4:7])]
    return RunningLoan(add_months(funded_on, unpaid[0][0]), sum(row[1] - row[4] for row in rows))


def _share_past_due(loans: list[RunningLoan], day: date, days: int) -> str:
    whole = sum(loan.cents for loan in loans)
    part = sum(loan.cents for loan in loans if (day - loan.due).days > days)
    return money(round(part * 10_000 / whole)) if whole else "0.00"
