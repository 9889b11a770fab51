"""Figures of the daily report."""

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.reporting.domain.counters import loan_counts, total
from chalicelib.reporting.domain.daily_report import Stock, daily_report
from chalicelib.reporting.domain.report import Json, csv_rows
from tests.unit.loans.loans_and_offers import loan_with_status

TODAY = date(2026, 6, 30)
NOTHING = Stock({}, {})


def overdue_loan(days_late: int, outstanding: str) -> dict[str, int]:
    loan = loan_with_status(
        LoanStatus.FUNDED, "1000.00", outstanding=outstanding, next_due=TODAY - timedelta(days=days_late)
    )
    return dict(loan_counts(loan))


def report_of(*parts: dict[str, int], ledger: dict[str, int] | None = None, before: Stock = NOTHING) -> Any:
    return daily_report(TODAY, before, Stock(total(parts), ledger or {}))


def test_report_without_loans_is_zero() -> None:
    report = report_of()

    assert [line["loans"] for line in report["loans"]] == [0] * 6
    assert report["portfolio"]["par30"] == report["overdue_rate"] == report["completion_rate"] == "0.00"
    controls = {line["account"]: line["balance"] for line in report["trial_balance"]["accounts"]}
    assert controls == dict.fromkeys(
        (
            "external:cash",
            "loan:*",
            "platform:adjustments",
            "platform:fees",
            "platform:suspense",
            "receivable:*",
            "wallet:*",
        ),
        "0.00",
    )


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
def test_portfolio_at_risk_includes_all_outstanding_principal(
    days_late: int, bucket: str, par: tuple[str, str, str]
) -> None:
    report = report_of(overdue_loan(days_late, "250.00"), overdue_loan(-10, "750.00"))

    risk = report["portfolio"]
    assert (risk["par30"], risk["par60"], risk["par90"]) == par
    full = {line["days_late"]: line["outstanding"] for line in report["ageing"] if line["loans"]}
    assert full == ({"current": "1000.00"} if bucket == "current" else {"current": "750.00", bucket: "250.00"})
    assert report["overdue_rate"] == ("50.00" if days_late > 0 else "0.00")


def test_portfolio_at_risk_changes_with_the_calendar() -> None:
    stock = Stock(total([overdue_loan(30, "100.00")]), {})

    par: list[Any] = [daily_report(TODAY + timedelta(days=days), stock, stock)["portfolio"] for days in (0, 1, 31, 61)]

    assert [(each["par30"], each["par60"], each["par90"]) for each in par] == [
        ("0.00", "0.00", "0.00"),
        ("100.00", "0.00", "0.00"),
        ("100.00", "100.00", "0.00"),
        ("100.00", "100.00", "100.00"),
    ]


def test_completion_and_default_rates() -> None:
    loans = [
        loan_with_status(LoanStatus.COMPLETED, "10.00"),
        loan_with_status(LoanStatus.DEFAULTED, "10.00", written_off="4.00"),
        loan_with_status(LoanStatus.FUNDED, "10.00"),
    ]

    report = report_of(
        *(dict(loan_counts(loan)) for loan in loans), dict(loan_counts(loan_with_status(LoanStatus.REQUESTED, "10.00")))
    )

    assert (report["completion_rate"], report["default_rate"]) == ("33.33", "33.33")
    assert report["portfolio"]["written_off"] == "4.00"
    assert report["portfolio"]["disbursed"] == "30.00"


def test_flows_cover_the_day_and_stocks_its_end() -> None:
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

    report = report_of(ledger=after, before=Stock({}, before))

    assert report["fee_income"] == {
        "platform_fees": "3.75",
        "late_fees": "5.00",
        "refunds": "0.00",
        "of_the_day": "8.75",
        "to_date": "12.50",
    }
    assert report["cash"] == {"deposits": "10.00", "withdrawals": "3.00", "net": "7.00"}
    flows = {line["type"]: (line["received"], line["paid"]) for line in report["cash_flows"]}
    assert flows["DEPOSIT"] == ("10.00", "0.00")
    assert flows["WITHDRAWAL"] == ("0.00", "3.00")


def test_csv_rows_name_section_line_and_figure() -> None:
    content: dict[str, Json] = {
        "kind": "x",
        "is_final": True,
        "portfolio": {"par30": "1.00"},
        "ageing": [{"days_late": "1-30", "loans": 2}],
    }

    assert list(csv_rows(content)) == [
        ("", "", "kind", "x"),
        ("", "", "is_final", "yes"),
        ("portfolio", "", "par30", "1.00"),
        ("ageing", "1-30", "loans", "2"),
    ]


def test_csv_rows_of_nested_lists_keep_the_section() -> None:
    content: dict[str, Json] = {
        "trial_balance": {"accounts": [{"account": "loan:*", "balance": "1.00"}], "total": None}
    }

    assert list(csv_rows(content)) == [
        ("trial_balance.accounts", "loan:*", "balance", "1.00"),
        ("trial_balance", "", "total", ""),
    ]
