"""The daily report's figures, from counters alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.reporting.domain.counters import loan_counts, total
from chalicelib.reporting.domain.csv_rows import rows
from chalicelib.reporting.domain.daily_report import Json, Stock, daily_report
from tests.unit.reports.loans import a_loan

TODAY = date(2026, 6, 30)
NOTHING = Stock({}, {})


def a_debt(days_late: int, outstanding: str) -> dict[str, int]:
    loan = a_loan("FUNDED", "1000.00", outstanding=outstanding, next_due=TODAY - timedelta(days=days_late))
    return dict(loan_counts(loan))


def told(*parts: dict[str, int], ledger: dict[str, int] | None = None, before: Stock = NOTHING) -> Any:
    return daily_report(TODAY, before, Stock(total(parts), ledger or {}))


def test_a_platform_without_loans_has_a_report_of_zeros() -> None:
    found = told()

    assert [line["loans"] for line in found["loans"]] == [0] * 6
    assert found["portfolio"]["par30"] == found["overdue_rate"] == found["completion_rate"] == "0.00"
    controls = {line["account"]: line["balance"] for line in found["trial_balance"]["accounts"]}
    assert controls == dict.fromkeys(("external:cash", "loan:*", "platform:fees", "wallet:*"), "0.00")


@pytest.mark.parametrize(
    ("days_late", "bucket", "par"),
    [
        (-10, "current", ("0.00", "0.00", "0.00")),
        (0, "current", ("0.00", "0.00", "0.00")),
        (1, "1-30", ("0.00", "0.00", "0.00")),
        (30, "1-30", ("0.00", "0.00", "0.00")),
        (31, "31-60", ("25.00", "0.00", "0.00")),
        (60, "31-60", ("25.00", "0.00", "0.00")),
        (61, "61-90", ("25.00", "25.00", "0.00")),
        (90, "61-90", ("25.00", "25.00", "0.00")),
        (91, "over 90", ("25.00", "25.00", "25.00")),
    ],
)
def test_a_loan_is_at_risk_with_all_it_owes_from_the_day_after(
    days_late: int, bucket: str, par: tuple[str, str, str]
) -> None:
    found = told(a_debt(days_late, "250.00"), a_debt(-10, "750.00"))

    risk = found["portfolio"]
    assert (risk["par30"], risk["par60"], risk["par90"]) == par
    full = {line["days_late"]: line["outstanding"] for line in found["ageing"] if line["loans"]}
    assert full == ({"current": "1000.00"} if bucket == "current" else {"current": "750.00", bucket: "250.00"})
    assert found["overdue_rate"] == ("50.00" if days_late > 0 else "0.00")


def test_risk_moves_with_the_calendar_and_nobody_writes() -> None:
    stock = Stock(total([a_debt(30, "100.00")]), {})

    par: list[Any] = [daily_report(TODAY + timedelta(days=days), stock, stock)["portfolio"] for days in (0, 1, 31, 61)]

    assert [(one["par30"], one["par60"], one["par90"]) for one in par] == [
        ("0.00", "0.00", "0.00"),
        ("100.00", "0.00", "0.00"),
        ("100.00", "100.00", "0.00"),
        ("100.00", "100.00", "100.00"),
    ]


def test_completed_and_defaulted_loans_are_shares_of_the_disbursed() -> None:
    loans = [a_loan("COMPLETED", "10.00"), a_loan("DEFAULTED", "10.00", written_off="4.00"), a_loan("FUNDED", "10.00")]

    found = told(*(dict(loan_counts(loan)) for loan in loans), dict(loan_counts(a_loan("REQUESTED", "10.00"))))

    assert (found["completion_rate"], found["default_rate"]) == ("33.33", "33.33")
    assert found["portfolio"]["written_off"] == "4.00"
    assert found["portfolio"]["disbursed"] == "30.00"


def test_flows_are_those_of_the_day_and_stocks_those_at_its_end() -> None:
    before = {"account.platform:fees": 375, "flow.platform:fees.PLATFORM_FEE.in": 375}
    after = {
        "account.platform:fees": 1250,
        "flow.platform:fees.PLATFORM_FEE.in": 750,
        "flow.platform:fees.LATE_FEE.in": 500,
        "account.external:cash": -700,
        "flow.external:cash.DEPOSIT.out": 1000,
        "flow.external:cash.WITHDRAWAL.in": 300,
        "flow.wallet:*.DEPOSIT.in": 1000,
        "flow.wallet:*.WITHDRAWAL.out": 300,
    }

    found = told(ledger=after, before=Stock({}, before))

    assert found["fee_income"] == {
        "platform_fees": "3.75",
        "late_fees": "5.00",
        "of_the_day": "8.75",
        "to_date": "12.50",
    }
    assert found["cash"] == {"deposits": "10.00", "withdrawals": "3.00", "net": "7.00"}
    flows = {line["type"]: (line["received"], line["paid"]) for line in found["cash_flows"]}
    assert flows["DEPOSIT"] == ("10.00", "0.00")
    assert flows["WITHDRAWAL"] == ("0.00", "3.00")


def test_a_report_as_rows_names_section_line_and_figure() -> None:
    content: dict[str, Json] = {
        "kind": "x",
        "is_final": True,
        "portfolio": {"par30": "1.00"},
        "ageing": [{"days_late": "1-30", "loans": 2}],
    }

    assert list(rows(content)) == [
        ("", "", "kind", "x"),
        ("", "", "is_final", "yes"),
        ("portfolio", "", "par30", "1.00"),
        ("ageing", "1-30", "loans", "2"),
    ]


def test_lists_inside_sections_keep_the_section() -> None:
    content: dict[str, Json] = {
        "trial_balance": {"accounts": [{"account": "loan:*", "balance": "1.00"}], "total": None}
    }

    assert list(rows(content)) == [
        ("trial_balance.accounts", "loan:*", "balance", "1.00"),
        ("trial_balance", "", "total", ""),
    ]
