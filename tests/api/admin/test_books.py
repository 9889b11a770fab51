"""Operators read the ledger and the loans."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from tests.factories import User, UserFactory, funded_loan, ok, open_loan, pay, subscribed_loan

UNKNOWN = "01KF0E7G00ZZZZZZZZZZZZZZZZ"


def account(operator: User, name: str, query: str = "") -> Any:
    return ok(operator.http.get(f"/api/admin/ledger/accounts/{name}/{query}")).json


def all_loans(operator: User, query: str = "", limit: int = 2) -> list[str]:
    """The ids on all pages of the list."""
    found: list[str] = []
    cursor = ""
    while True:
        page = ok(operator.http.get(f"/api/admin/loans/?limit={limit}{query}{cursor}")).json
        found += [loan["id"] for loan in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_the_trial_balance_follows_a_loan_to_the_cent(user_factory: UserFactory, operator: User) -> None:
    lender, borrower = (
        user_factory.lender("10000.00"),
        user_factory.borrower("2000.00"),
    )
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


def test_an_account_is_found_under_its_name_written_either_way(user_factory: UserFactory, operator: User) -> None:
    john = user_factory.borrower("12.34")

    for name in (f"wallet:{john.id}", f"wallet%3A{john.id}"):
        found = account(operator, name)
        assert (found["account"], found["balance"]) == (f"wallet:{john.id}", "12.34")
        assert [(row["type"], row["amount"]) for row in found["items"]] == [("DEPOSIT", "12.34")]


def test_the_fees_of_a_loan_stand_on_the_platforms_account(user_factory: UserFactory, operator: User) -> None:
    loan = funded_loan(user_factory.borrower(), user_factory.lender("1003.75"), amount="1000.00")

    found = account(operator, "platform%3Afees")

    assert found["balance"] == "3.75"
    assert [(row["type"], row["amount"], row["reference"]) for row in found["items"]] == [
        ("PLATFORM_FEE", "3.75", loan["id"])
    ]
    assert found["next_cursor"] is None


def test_the_world_outside_is_an_account_read_page_by_page(
    user_factory: UserFactory, operator: User, clock: FixedClock
) -> None:
    john = user_factory.borrower()
    for amount in ("1.00", "2.00", "3.00"):
        clock.advance(seconds=1)
        ok(john.http.post("/api/wallets/deposit/", {"amount": amount}))

    first = account(operator, "external:cash", "?limit=2")
    second = account(operator, "external:cash", f"?limit=2&cursor={first['next_cursor']}")

    assert [row["amount"] for row in first["items"] + second["items"]] == ["-3.00", "-2.00", "-1.00"]
    assert (first["balance"], second["balance"]) == ("-6.00", "-6.00")
    assert second["next_cursor"] is None


def test_an_account_that_does_not_exist_is_not_found(operator: User) -> None:
    for name in ("platform:gifts", "wallet:me", "nonsense", "%C3%28", f"wallet:{UNKNOWN}", f"loan:{UNKNOWN}"):
        answer = operator.http.get(f"/api/admin/ledger/accounts/{name}/")
        assert (answer.status, answer.code) == (404, "account_not_found"), name


def test_a_cursor_is_good_for_its_own_account_only(user_factory: UserFactory, operator: User) -> None:
    john = user_factory.borrower("1.00")
    ok(john.http.post("/api/wallets/deposit/", {"amount": "1.00"}))
    cursor = account(operator, f"wallet:{john.id}", "?limit=1")["next_cursor"]

    answer = operator.http.get(f"/api/admin/ledger/accounts/external:cash/?cursor={cursor}")

    assert answer.status == 422


@pytest.fixture
def loans(user_factory: UserFactory, clock: FixedClock) -> dict[str, str]:
    """The ids of five loans by name, oldest first."""
    lender, borrower = (
        user_factory.lender("10000.00"),
        user_factory.borrower("2000.00"),
    )
    found = {"open": open_loan(borrower)}
    clock.advance(seconds=1)
    found["covered"] = subscribed_loan(borrower, lender)
    clock.advance(seconds=1)
    found["running"] = funded_loan(borrower, lender)
    clock.advance(seconds=1)
    found["cancelled"] = open_loan(borrower)
    ok(borrower.http.post(f"/api/loans/{found['cancelled']['id']}/cancel/"))
    clock.advance(seconds=1)
    found["paid"] = funded_loan(borrower, lender, months=1)
    pay(borrower, found["paid"]["id"])
    return {name: str(loan["id"]) for name, loan in found.items()}


def test_all_loans_are_listed_newest_first_in_pages_of_any_size(operator: User, loans: dict[str, str]) -> None:
    for limit in (1, 2, 3, 100):
        assert all_loans(operator, limit=limit) == list(reversed(loans.values()))


def test_loans_are_listed_by_status(operator: User, loans: dict[str, str]) -> None:
    names = {
        "REQUESTED": "open",
        "PENDING_FUNDING": "covered",
        "FUNDED": "running",
        "CANCELLED": "cancelled",
        "COMPLETED": "paid",
    }

    found = {status: all_loans(operator, f"&status={status}") for status in names}

    assert found == {status: [loans[name]] for status, name in names.items()}


def test_listed_loans_are_shown_in_full(user_factory: UserFactory, operator: User) -> None:
    loan = funded_loan(user_factory.borrower(), user_factory.lender("2000.00"))

    running = ok(operator.http.get("/api/admin/loans/?status=FUNDED")).json["items"][0]

    assert running["id"] == loan["id"]
    assert running["outstanding_principal"] == running["funded_amount"] == "1000.00"
    assert running["next_due_date"] == "2026-02-15"


def test_no_loan_is_in_a_status_without_loans(operator: User) -> None:
    assert all_loans(operator) == all_loans(operator, "&status=DEFAULTED") == []


def test_a_status_that_does_not_exist_is_refused(operator: User) -> None:
    answer = operator.http.get("/api/admin/loans/?status=OPEN")

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "status")


def test_an_operator_sees_everything_about_a_running_loan(user_factory: UserFactory, operator: User) -> None:
    lender, other, borrower = (
        user_factory.lender("2000.00"),
        user_factory.lender(),
        user_factory.borrower(),
    )
    loan = open_loan(borrower)
    for person in (lender, other):
        ok(person.http.post(f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "12.00"}))
    made = ok(borrower.http.get(f"/api/loans/{loan['id']}/offers/")).json["items"]
    accepted = next(each for each in made if each["lender_id"] == lender.id)
    ok(borrower.http.post(f"/api/loans/{loan['id']}/accept-offer/", {"offer_id": accepted["id"]}))
    ok(lender.http.post(f"/api/loans/{loan['id']}/fund/"))

    found = ok(operator.http.get(f"/api/admin/loans/{loan['id']}/")).json

    assert found["status"] == "FUNDED"
    assert accepted["id"] in {each["id"] for each in found["offers"]}
    assert [row["amount"] for row in found["schedule"]["items"]] == ["172.55"] * 5 + ["172.53"]
    assert found["ledger"] == {"account": f"loan:{loan['id']}", "balance": "0.00", "items": [], "next_cursor": None}


def test_a_loan_without_a_schedule_shows_none(user_factory: UserFactory, operator: User) -> None:
    loan = open_loan(user_factory.borrower())

    found = ok(operator.http.get(f"/api/admin/loans/{loan['id']}/")).json

    assert found["schedule"] is None
    assert {name: found[name] for name in loan} == loan


def test_a_loan_that_does_not_exist_is_not_found(operator: User) -> None:
    for loan_id in (UNKNOWN, "nonsense"):
        assert operator.http.get(f"/api/admin/loans/{loan_id}/").status == 404
