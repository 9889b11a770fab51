"""Operators read reports as JSON and CSV."""

import csv
import io

from chalicelib.shared.clock import FixedClock
from tests.factories import User, UserFactory, funded_loan, ok
from tests.integration.reporting.stream_player import StreamPlayer

SUMMARY = "/api/admin/reports/loan_status_summary_report/"


def run(operator: User, task: str) -> None:
    ok(operator.http.post(f"/api/admin/tasks/{task}/run/"))


def a_reported_day(operator: User, user_factory: UserFactory, player: StreamPlayer, clock: FixedClock) -> None:
    funded_loan(user_factory.borrower(), user_factory.lender("2000.00"))
    player.play()
    clock.advance(days=1)
    run(operator, "loan_status_summary_report")


def test_daily_report_has_the_figures_of_the_day(
    operator: User, user_factory: UserFactory, player: StreamPlayer, clock: FixedClock
) -> None:
    a_reported_day(operator, user_factory, player, clock)

    found = ok(operator.http.get(SUMMARY + "latest/")).json

    assert (found["kind"], found["date"], found["is_final"]) == ("loan_status_summary_report", "2026-01-15", True)
    funded = next(line for line in found["loans"] if line["status"] == "FUNDED")
    assert funded == {"status": "FUNDED", "loans": 1, "amount": "1000.00"}
    assert found["origination"] == {"loans": 1, "amount": "1000.00"}
    assert found["cash"] == {"deposits": "2000.00", "withdrawals": "0.00", "net": "2000.00"}
    assert found["fee_income"] == {
        "platform_fees": "3.75",
        "late_fees": "0.00",
        "refunds": "0.00",
        "of_the_day": "3.75",
        "to_date": "3.75",
    }
    assert found["trial_balance"]["total"] == "0.00"
    assert ok(operator.http.get(SUMMARY + "?date=2026-01-15")).json == found


def test_report_is_available_as_csv(
    operator: User, user_factory: UserFactory, player: StreamPlayer, clock: FixedClock
) -> None:
    a_reported_day(operator, user_factory, player, clock)

    response = ok(operator.http.get(SUMMARY + "latest/", headers={"Accept": "text/csv"}))

    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "loan_status_summary_report-2026-01-15.csv" in response.headers["content-disposition"]
    table = [tuple(line) for line in csv.reader(io.StringIO(response.body.decode()))]
    assert table[0] == ("section", "line", "figure", "value")
    assert ("loans", "FUNDED", "amount", "1000.00") in table
    assert ("portfolio", "", "par30", "0.00") in table
    assert ("trial_balance.accounts", "platform:fees", "balance", "3.75") in table


def test_reconciliation_report_counts_what_it_compared(operator: User, user_factory: UserFactory) -> None:
    funded_loan(user_factory.borrower(), user_factory.lender("2000.00"))
    run(operator, "reconcile_ledger")

    found = ok(operator.http.get("/api/admin/reports/reconcile_ledger/latest/")).json

    names = ("accounts", "wallets", "transfers", "receivables", "differences", "undecided", "listed")
    assert {name: found[name] for name in names} == {
        "accounts": 2,
        "wallets": 2,
        "transfers": 0,
        "receivables": 0,
        "differences": 0,
        "undecided": 0,
        "listed": [],
    }
    assert (found["total"], found["receivable"], found["owed"]) == ("0.00", "0.00", [])


def test_reports_are_listed_newest_first(
    operator: User, user_factory: UserFactory, player: StreamPlayer, clock: FixedClock
) -> None:
    days = SUMMARY + "days/"
    assert ok(operator.http.get(days)).json == {"items": [], "next_cursor": None}
    a_reported_day(operator, user_factory, player, clock)
    run(operator, "loan_status_summary_report")

    first = ok(operator.http.get(days + "?limit=1")).json
    rest = ok(operator.http.get(f"{days}?limit=1&cursor={first['next_cursor']}")).json

    listed = [(report["date"], report["is_final"]) for report in first["items"] + rest["items"]]
    assert listed == [("2026-01-16", False), ("2026-01-15", True)]
    assert first["items"][0] == ok(operator.http.get(SUMMARY + "latest/")).json
    rejected = operator.http.get("/api/admin/reports/x/days/")
    assert (rejected.status, rejected.code) == (404, "report_not_found")


def test_missing_reports_are_not_found(operator: User) -> None:
    run(operator, "loan_status_summary_report")

    for path in (SUMMARY + "?date=2026-01-14", "/api/admin/reports/reconcile_ledger/latest/", "/api/admin/reports/x/"):
        response = operator.http.get(path)
        assert (response.status, response.code) == (404, "report_not_found"), path


def test_invalid_date_is_rejected(operator: User) -> None:
    response = operator.http.get(SUMMARY + "?date=2026-02-30")

    assert (response.status, response.json["errors"][0]["field"]) == (422, "date")
