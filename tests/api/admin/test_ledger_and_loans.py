"""Operators read the ledger and loans."""

from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from tests.factories import (
    User,
    UserFactory,
    accept_offer,
    fund,
    funded_loan,
    make_offer,
    ok,
    open_loan,
    pay,
    subscribed_loan,
)
from tests.paging import all_of

UNKNOWN = "01KF0E7G00ZZZZZZZZZZZZZZZZ"


def account(operator: User, name: str, query: str = "") -> Any:
    return ok(operator.http.get(f"/api/admin/ledger/accounts/{name}/{query}")).json


def ids(operator: User, query: str = "", limit: int = 2) -> list[str]:
    """The ids on all pages."""
    return [loan["id"] for loan in all_of(operator, f"/api/admin/loans/{query}", limit=limit)]


def test_trial_balance_after_a_repaid_loan(user_factory: UserFactory, operator: User) -> None:
    lender, borrower = user_factory.lender("10000.00"), user_factory.borrower("2000.00")
    loan = funded_loan(borrower, lender, amount="1000.00", rate="12.00", months=6)
    for _ in range(6):
        pay(borrower, loan["id"])

    found = ok(operator.http.get("/api/admin/ledger/trial-balance/")).json

    assert {line["account"]: line["balance"] for line in found["accounts"]} == {
        "external:cash": "-12000.00",
        "platform:fees": "3.75",
        f"wallet:{lender.id}": "10031.53",
        f"wallet:{borrower.id}": "1964.72",
    }
    assert found["total"] == "0.00"


def test_account_name_may_be_percent_encoded(user_factory: UserFactory, operator: User) -> None:
    john = user_factory.borrower("12.34")

    for name in (f"wallet:{john.id}", f"wallet%3A{john.id}"):
        found = account(operator, name)
        assert (found["account"], found["balance"]) == (f"wallet:{john.id}", "12.34")
        assert [(row["type"], row["amount"]) for row in found["items"]] == [("DEPOSIT", "12.34")]


def test_platform_account_has_the_loan_fee(user_factory: UserFactory, operator: User) -> None:
    loan = funded_loan(user_factory.borrower(), user_factory.lender("1003.75"), amount="1000.00")

    found = account(operator, "platform%3Afees")

    assert found["balance"] == "3.75"
    assert [(row["type"], row["amount"], row["reference"]) for row in found["items"]] == [
        ("PLATFORM_FEE", "3.75", loan["id"])
    ]
    assert found["next_cursor"] is None


def test_external_cash_is_listed_in_pages(user_factory: UserFactory, operator: User, clock: FixedClock) -> None:
    john = user_factory.borrower()
    for amount in ("1.00", "2.00", "3.00"):
        clock.advance(seconds=1)
        ok(john.http.post("/api/wallets/deposit/", {"amount": amount}))

    first = account(operator, "external:cash", "?limit=2")
    second = account(operator, "external:cash", f"?limit=2&cursor={first['next_cursor']}")

    assert [row["amount"] for row in first["items"] + second["items"]] == ["-3.00", "-2.00", "-1.00"]
    assert (first["balance"], second["balance"]) == ("-6.00", "-6.00")
    assert second["next_cursor"] is None


def test_unknown_account_is_not_found(operator: User) -> None:
    for name in ("platform:gifts", "wallet:me", "nonsense", "%C3%28", f"wallet:{UNKNOWN}", f"loan:{UNKNOWN}"):
        response = operator.http.get(f"/api/admin/ledger/accounts/{name}/")
        assert (response.status, response.code) == (404, "account_not_found"), name


def test_cursor_of_another_account_is_rejected(user_factory: UserFactory, operator: User) -> None:
    john = user_factory.borrower("1.00")
    ok(john.http.post("/api/wallets/deposit/", {"amount": "1.00"}))
    cursor = account(operator, f"wallet:{john.id}", "?limit=1")["next_cursor"]

    response = operator.http.get(f"/api/admin/ledger/accounts/external:cash/?cursor={cursor}")

    assert response.status == 422


@pytest.fixture
def loans(user_factory: UserFactory, clock: FixedClock) -> dict[str, str]:
    """The ids of five loans by name, oldest first."""
    lender, borrower = user_factory.lender("10000.00"), user_factory.borrower("2000.00")
    found = {"open": open_loan(borrower)}
    clock.advance(seconds=1)
    found["subscribed"] = subscribed_loan(borrower, lender)
    clock.advance(seconds=1)
    found["running"] = funded_loan(borrower, lender)
    clock.advance(seconds=1)
    found["cancelled"] = open_loan(borrower)
    ok(borrower.http.post(f"/api/loans/{found['cancelled']['id']}/cancel/"))
    clock.advance(seconds=1)
    found["paid"] = funded_loan(borrower, lender, months=1)
    pay(borrower, found["paid"]["id"])
    return {name: str(loan["id"]) for name, loan in found.items()}


def test_all_loans_are_listed_newest_first(operator: User, loans: dict[str, str]) -> None:
    for limit in (1, 2, 3, 100):
        assert ids(operator, limit=limit) == list(reversed(loans.values()))


def test_loans_are_listed_by_status(operator: User, loans: dict[str, str]) -> None:
    names = {
        "REQUESTED": "open",
        "PENDING_FUNDING": "subscribed",
        "FUNDED": "running",
        "CANCELLED": "cancelled",
        "COMPLETED": "paid",
    }

    found = {status: ids(operator, f"?status={status}") for status in names}

    assert found == {status: [loans[name]] for status, name in names.items()}


def test_listed_loans_have_all_fields(user_factory: UserFactory, operator: User) -> None:
    loan = funded_loan(user_factory.borrower(), user_factory.lender("2000.00"))

    running = ok(operator.http.get("/api/admin/loans/?status=FUNDED")).json["items"][0]

    assert running["id"] == loan["id"]
    assert running["outstanding_principal"] == running["funded_amount"] == "1000.00"
    assert running["next_due_date"] == "2026-02-15"


def test_status_without_loans_lists_none(operator: User) -> None:
    assert ids(operator) == ids(operator, "?status=DEFAULTED") == []


def test_unknown_status_is_rejected(operator: User) -> None:
    response = operator.http.get("/api/admin/loans/?status=OPEN")

    assert (response.status, response.json["errors"][0]["field"]) == (422, "status")


def test_running_loan_has_offers_schedule_and_ledger(user_factory: UserFactory, operator: User) -> None:
    lender, other, borrower = user_factory.lender("2000.00"), user_factory.lender(), user_factory.borrower()
    loan = open_loan(borrower)
    make_offer(other, loan["id"])
    accepted = make_offer(lender, loan["id"])
    accept_offer(borrower, loan["id"], accepted["id"])
    fund(lender, loan["id"])

    found = ok(operator.http.get(f"/api/admin/loans/{loan['id']}/")).json

    assert found["status"] == "FUNDED"
    assert accepted["id"] in {each["id"] for each in found["offers"]}
    assert [row["amount"] for row in found["schedule"]["items"]] == ["172.55"] * 5 + ["172.53"]
    assert found["ledger"] == {"account": f"loan:{loan['id']}", "balance": "0.00", "items": [], "next_cursor": None}


def test_requested_loan_has_no_schedule(user_factory: UserFactory, operator: User) -> None:
    loan = open_loan(user_factory.borrower())

    found = ok(operator.http.get(f"/api/admin/loans/{loan['id']}/")).json

    assert found["schedule"] is None
    assert {name: found[name] for name in loan} == loan


def test_unknown_loan_is_not_found(operator: User) -> None:
    for loan_id in (UNKNOWN, "nonsense"):
        assert operator.http.get(f"/api/admin/loans/{loan_id}/").status == 404
