"""A day's report worked out anew, from nothing but the items of the ledger and of the loans."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.lending_math.due_dates import add_months
from chalicelib.shared.ids import moment_of
from tests.engines import Storage

RISKS = (30, 60, 90)
CONTROLS = ("external:cash", "loan:*", "platform:fees", "wallet:*")


@dataclass(frozen=True, slots=True)
class Debt:
    """A running loan: since when its oldest unpaid row is due, and its principal outstanding."""

    due: date
    cents: int


@dataclass(frozen=True, slots=True)
class Recount:
    """The figures of a day."""

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
    """The items of the ledger and of the loans, as they stood at the end of some day."""

    ledger: list[dict[str, Any]]
    loans: list[dict[str, Any]]

    @classmethod
    def read(cls, storage: Storage) -> Tables:
        """As they stand now."""
        return cls(storage.items("ledger"), storage.items("loans"))


def recounted(tables: Tables, day: date) -> Recount:
    """Count everything, at the end of a day up to which the tables have not changed."""
    controls = dict.fromkeys(CONTROLS, 0)
    today: Counter[tuple[str, str]] = Counter()
    for item in tables.ledger:
        account = item["account"]["S"].partition("#")[0]
        control = account if account in ("platform:fees", "external:cash") else account.partition(":")[0] + ":*"
        for line in item["lines"]["L"]:
            kind, cents = line["L"][0]["S"], int(line["L"][1]["N"])
            controls[control] += cents
            if moment_of(item["transaction"]["S"]).date() == day:
                today[control, kind] += cents
    loans = {item["pk"]["S"]: item for item in tables.loans if item["sk"]["S"] == "LOAN"}
    debts = [debt for item in tables.loans if (debt := _debt(item, loans)) is not None]
    lost = sum(int(loan["written_off"]["N"]) for loan in loans.values())
    return Recount(
        statuses=dict(Counter(loan["status"]["S"] for loan in loans.values())),
        controls={name: money(cents) for name, cents in controls.items()},
        fees_to_date=money(controls["platform:fees"]),
        fees_of_the_day=money(sum(cents for (control, _), cents in today.items() if control == "platform:fees")),
        deposits=money(-today["external:cash", "DEPOSIT"]),
        late_loans=sum(debt.due < day for debt in debts),
        outstanding=money(sum(debt.cents for debt in debts)),
        written_off=money(lost),
        risk={f"par{days}": _share([debt for debt in debts if (day - debt.due).days > days], debts) for days in RISKS},
    )


def of_report(content: dict[str, Any]) -> Recount:
    """The same figures, as a report tells them."""
    return Recount(
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
    """Cents as the API shows them."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _debt(item: dict[str, Any], loans: dict[str, Any]) -> Debt | None:
    """What a schedule says of a loan that still runs."""
    if item["sk"]["S"] != "SCHEDULE" or loans[item["pk"]["S"]]["status"]["S"] != "FUNDED":
        return None
    funded_on = date.fromisoformat(item["funded_on"]["S"])
    rows = [[int(cell["N"]) for cell in row["L"]] for row in item["rows"]["L"]]
    unpaid = [row for row in rows if sum(row[1:4]) > sum(row[4:7])]
    return Debt(add_months(funded_on, unpaid[0][0]), sum(row[1] - row[4] for row in rows))


def _share(some: list[Debt], every: list[Debt]) -> str:
    whole = sum(debt.cents for debt in every)
    part = sum(debt.cents for debt in some)
    return money(round(part * 10_000 / whole)) if whole else "0.00"
