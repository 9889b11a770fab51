"""Deposits, withdrawals, history and statements."""

import csv
import io
from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from tests.engines import Storage
from tests.factories import User, UserFactory, funded_loan, ok, pay
from tests.paging import all_of
from tests.stored_state import assert_ledger_balances

HISTORY = "/api/wallets/transactions/"
STATEMENT = "/api/wallets/statement/"


@pytest.fixture
def person(user_factory: UserFactory) -> User:
    return user_factory.borrower()


def move(person: User, amount: str, description: str = "") -> Any:
    """Deposit a positive amount or withdraw a negative one."""
    call = "withdraw" if amount.startswith("-") else "deposit"
    body = {"amount": amount.lstrip("-"), "description": description}
    return ok(person.http.post(f"/api/wallets/{call}/", body)).json


def amounts(person: User, path: str = HISTORY) -> list[str]:
    return [entry["amount"] for entry in ok(person.http.get(path)).json["items"]]


def test_wallet_starts_empty(person: User, tables: Storage) -> None:
    wallet = ok(person.http.get("/api/wallets/")).json

    assert wallet["id"] == wallet["user_id"] == person.id
    assert (wallet["balance"], wallet["available"], wallet["held"]) == ("0.00", "0.00", "0.00")
    assert wallet["created_at"] == wallet["updated_at"] == "2026-01-15T09:30:00.000Z"
    assert tables.items("wallets") == []


def test_deposit_and_withdrawal_return_the_balance(person: User, clock: FixedClock, tables: Storage) -> None:
    deposit = move(person, "100.00", "Salary")
    clock.advance(minutes=1)
    withdrawal = move(person, "-40.01")

    assert (deposit["transaction"]["type"], deposit["transaction"]["amount"]) == ("DEPOSIT", "100.00")
    assert (withdrawal["transaction"]["type"], withdrawal["transaction"]["amount"]) == ("WITHDRAWAL", "-40.01")
    assert withdrawal["wallet"]["balance"] == withdrawal["wallet"]["available"] == person.balance() == "59.99"
    assert withdrawal["wallet"]["updated_at"] == "2026-01-15T09:31:00.000Z"
    assert assert_ledger_balances(tables)["external:cash"] == -5999


def test_history_is_newest_first_with_descriptions(person: User, clock: FixedClock) -> None:
    for amount, description in (("1.00", "first"), ("2.00", ""), ("-0.50", "  third ")):
        move(person, amount, description)
        clock.advance(seconds=1)

    entries = ok(person.http.get(HISTORY)).json["items"]

    assert [(entry["amount"], entry["description"]) for entry in entries] == [
        ("-0.50", "third"), ("2.00", "Deposit"), ("1.00", "first"),
    ]  # fmt: skip


def test_funding_has_principal_and_fee_entries(user_factory: UserFactory) -> None:
    lender, borrower = user_factory.lender("2000.00"), user_factory.borrower()
    loan = funded_loan(borrower, lender)
    paid = pay(borrower, loan["id"])["payment"]

    entries = ok(lender.http.get(HISTORY)).json["items"]

    shown = {(entry["type"], entry["amount"]) for entry in entries}
    assert shown == {
        ("DEPOSIT", "2000.00"),
        ("LOAN_FUNDING", "-1000.00"),
        ("PLATFORM_FEE", "-3.75"),
        ("LOAN_PAYMENT", paid["amount"]),
    }
    assert {entry["reference"] for entry in entries} == {None, loan["id"]}
    assert len({entry["id"] for entry in entries}) == 4


def test_pages_may_split_a_funding(user_factory: UserFactory) -> None:
    lender = user_factory.lender("2000.00")
    funded_loan(user_factory.borrower(), lender)

    found = [entry["amount"] for entry in all_of(lender, HISTORY, limit=1)]

    assert sorted(found) == ["-1000.00", "-3.75", "2000.00"]


def test_history_filters_by_type(user_factory: UserFactory) -> None:
    lender = user_factory.lender("2000.00")
    funded_loan(user_factory.borrower(), lender)

    assert amounts(lender, f"{HISTORY}?type=PLATFORM_FEE") == ["-3.75"]
    assert amounts(lender, f"{HISTORY}?type=REFUND") == []


@pytest.fixture
def three_days(person: User, clock: FixedClock) -> User:
    """A user with deposits of 1, 2 and 3 cents on 15, 16 and 17 January 2026."""
    for amount in ("0.01", "0.02", "0.03"):
        move(person, amount)
        clock.advance(days=1)
    return person


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("from=2026-01-16", ["0.03", "0.02"]),
        ("to=2026-01-16", ["0.02", "0.01"]),
        ("from=2026-01-16&to=2026-01-16", ["0.02"]),
        ("from=2026-01-18", []),
        ("from=0001-01-01", ["0.03", "0.02", "0.01"]),
        ("to=9999-12-31", ["0.03", "0.02", "0.01"]),
        ("from=0001-01-01&to=1969-12-31", []),
        ("from=9999-12-31&to=9999-12-31", []),
    ],
)
def test_history_filters_by_days(three_days: User, days: str, expected: list[str]) -> None:
    assert amounts(three_days, f"{HISTORY}?{days}") == expected


@pytest.mark.parametrize(
    ("days", "opening", "entries", "closing"),
    [
        ("", "0.00", 3, "0.06"),
        ("?from=2026-01-16&to=2026-01-16", "0.01", 1, "0.03"),
        ("?from=2026-01-17", "0.03", 1, "0.06"),
        ("?from=0001-01-01&to=1969-12-31", "0.00", 0, "0.00"),
        ("?from=0001-01-01&to=9999-12-31", "0.00", 3, "0.06"),
        ("?from=9999-12-31&to=9999-12-31", "0.06", 0, "0.06"),
    ],
)
def test_statement_entries_explain_the_balances(
    three_days: User, days: str, opening: str, entries: int, closing: str
) -> None:
    statement = ok(three_days.http.get(STATEMENT + days)).json

    assert (statement["opening_balance"], statement["closing_balance"]) == (opening, closing)
    assert len(statement["entries"]) == entries


def test_statement_defaults_to_this_month(three_days: User) -> None:
    statement = ok(three_days.http.get(STATEMENT)).json

    assert (statement["from"], statement["to"]) == ("2026-01-01", "2026-01-18")


def test_csv_statement_has_running_balance_and_no_formulas(three_days: User, clock: FixedClock) -> None:
    move(three_days, "1.00", "=HYPERLINK(evil)")

    response = ok(three_days.http.get(STATEMENT, headers={"Accept": "text/csv"}))

    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="statement-2026-01-01-2026-01-18.csv"' in response.headers["content-disposition"]
    lines = list(csv.DictReader(io.StringIO(response.body.decode())))
    assert [line["balance"] for line in lines] == ["0.00", "0.01", "0.03", "0.06", "1.06", "1.06"]
    assert lines[4]["description"] == "'=HYPERLINK(evil)"


def test_wallets_of_other_users_are_private(person: User, user_factory: UserFactory) -> None:
    move(person, "5.00")
    other = user_factory.lender()

    assert other.balance() == "0.00"
    assert amounts(other) == []
