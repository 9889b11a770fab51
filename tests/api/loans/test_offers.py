"""Offers: creation, withdrawal, whole or partial acceptance, and one clearing rate."""

import pytest

from tests.engines import Storage
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
from tests.paging import pages_of
from tests.stored_state import assert_ledger_balances


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("2000.00")


def test_withdrawn_offer_can_be_replaced(borrower: User, user_factory: UserFactory) -> None:
    lender = user_factory.lender()
    loan = open_loan(borrower)
    first = make_offer(lender, loan["id"], "12.00")

    assert lender.http.delete(f"/api/loans/{loan['id']}/offer/").status == 204
    second = make_offer(lender, loan["id"], "11.00")

    listed = ok(borrower.http.get(f"/api/loans/{loan['id']}/offers/")).json["items"]
    assert [each["id"] for each in listed] == [second["id"]] != [first["id"]]


def test_loan_takes_the_rate_of_a_single_offer(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower, rate="12.00")

    taken = accept_offer(borrower, loan["id"], make_offer(user_factory.lender(), loan["id"], "6.00")["id"])

    assert (taken["requested_rate"], taken["annual_interest_rate"]) == ("12.00", "6.00")
    assert (loan["monthly_payment"], taken["monthly_payment"]) == ("172.55", "169.60")
    assert taken["status"] == "PENDING_FUNDING"


def test_accepted_offers_share_the_clearing_rate(borrower: User, user_factory: UserFactory, tables: Storage) -> None:
    lenders = [user_factory.lender("1000.00") for _ in range(3)]
    loan = open_loan(borrower, "1000.00", "12.00")
    parts = [
        make_offer(lender, loan["id"], rate, amount)
        for lender, rate, amount in zip(
            lenders, ("9.00", "10.50", "10.00"), ("250.00", "333.33", "900.00"), strict=True
        )
    ]

    states = [accept_offer(borrower, loan["id"], part["id"]) for part in parts]

    assert [state["status"] for state in states] == ["REQUESTED", "REQUESTED", "PENDING_FUNDING"]
    assert [state["accepted_amount"] for state in states] == ["250.00", "583.33", "1000.00"]
    assert [state["annual_interest_rate"] for state in states] == ["12.00", "12.00", "10.50"]
    taken = {each["lender_id"]: each["accepted_amount"] for each in states[-1]["offers"]}
    assert [taken[lender.id] for lender in lenders] == ["250.00", "333.33", "416.67"]

    funded = [fund(lender, loan["id"]) for lender in lenders]

    assert [state["status"] for state in funded] == ["PENDING_FUNDING", "PENDING_FUNDING", "FUNDED"]
    assert [lender.balance() for lender in lenders] == ["749.06", "665.42", "581.77"]  # fees 0.94, 1.25, 1.56
    assert borrower.balance() == "3000.00"
    assert assert_ledger_balances(tables)["platform:fees"] == 375


def test_each_lender_gets_its_share_of_every_payment(
    borrower: User, user_factory: UserFactory, tables: Storage
) -> None:
    lenders = [user_factory.lender("1000.00") for _ in range(2)]
    loan = funded_loan(borrower, dict(zip(lenders, ("300.00", "700.00"), strict=True)))

    pay(borrower, loan["id"], "0.01")
    while pay(borrower, loan["id"])["loan"]["status"] != "COMPLETED":
        assert_ledger_balances(tables)

    assert borrower.balance() == "1964.72"
    assert [lender.balance() for lender in lenders] == ["1009.46", "1022.07"]
    balances = assert_ledger_balances(tables)
    assert (balances["platform:fees"], balances.get(f"loan:{loan['id']}", 0)) == (375, 0)


def test_offers_are_listed_by_their_rate(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower)
    for rate in ("11.00", "9.00", "10.00"):
        make_offer(user_factory.lender(), loan["id"], rate)

    pages = pages_of(borrower, f"/api/loans/{loan['id']}/offers/", limit=2)

    rates = [[each["annual_interest_rate"] for each in page] for page in pages]
    assert rates == [["9.00", "10.00"], ["11.00"]]


def test_my_offers_lists_open_offers_only(borrower: User, user_factory: UserFactory) -> None:
    lender = user_factory.lender("5000.00")
    accepted, funded, cancelled = (subscribed_loan(borrower, lender) for _ in range(3))
    waiting = make_offer(lender, open_loan(borrower)["id"])
    fund(lender, funded["id"])
    ok(borrower.http.post(f"/api/loans/{cancelled['id']}/cancel/"))

    listed = ok(lender.http.get("/api/loans/my-offers/")).json["items"]

    assert {each["loan"]["id"] for each in listed} == {accepted["id"], waiting["loan_id"]}


def test_cancelled_request_leaves_the_market(borrower: User, user_factory: UserFactory) -> None:
    lender = user_factory.lender()
    loan = open_loan(borrower)
    make_offer(lender, loan["id"])

    ended = ok(borrower.http.post(f"/api/loans/{loan['id']}/cancel/")).json

    assert ended["status"] == "CANCELLED"
    assert ok(lender.http.get("/api/loans/available/")).json["items"] == []
    assert ok(lender.http.get("/api/loans/my-offers/")).json["items"] == []


def test_cancellation_refunds_lenders(borrower: User, user_factory: UserFactory, tables: Storage) -> None:
    first, second = user_factory.lender("500.00"), user_factory.lender("700.00")
    loan = subscribed_loan(borrower, {first: "400.00", second: "600.00"})
    ok(first.http.post(f"/api/loans/{loan['id']}/fund/", key="fund"))
    assert first.balance() == "98.50"

    ended = ok(borrower.http.post(f"/api/loans/{loan['id']}/cancel/")).json

    assert ended["status"] == "CANCELLED"
    assert (first.balance(), second.balance()) == ("500.00", "700.00")
    balances = assert_ledger_balances(tables)
    assert (balances.get("platform:fees", 0), balances.get(f"loan:{loan['id']}", 0)) == (0, 0)
    shown = first.call("GET", f"/api/loans/{loan['id']}/")
    assert (shown["status"], shown["investments"]) == ("CANCELLED", [])
    again = ok(first.http.post(f"/api/loans/{loan['id']}/fund/", key="fund"))
    assert again.headers["idempotent-replayed"] == "true"
    assert first.balance() == "500.00"
