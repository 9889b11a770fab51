"""Restricted accounts over HTTP: a returned deposit was spent, and the rest is owed."""

import pytest

from chalicelib.container import Container
from chalicelib.shared.money import Money
from tests.engines import Storage
from tests.factories import User, UserFactory, deposit, funded_loan, pay, subscribed_loan
from tests.problems import problem
from tests.stored_state import assert_ledger_balances, loan_repository

RULE = {
    "amount_per_loan": "100.00",
    "min_rate": "5.00",
    "max_term": 12,
    "max_share": "100.00",
    "max_exposure": "500.00",
}


def restrict(container: Container, user: User, amount: str) -> None:
    """Return a deposit of the user."""
    writes = loan_repository(container).writes()
    container.wallets.add_deposit_return(writes, user.id, Money.of(amount), "Deposit returned")
    writes.commit()


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("1003.75")


def test_wallet_shows_the_receivable_until_a_deposit_pays_it(
    container: Container, lender: User, tables: Storage
) -> None:
    restrict(container, lender, "1100.00")
    restricted = lender.call("GET", "/api/wallets/")

    deposit(lender, "100.00")

    wallet = lender.call("GET", "/api/wallets/")
    assert (restricted["receivable"], restricted["available"]) == ("96.25", "0.00")
    assert (wallet["receivable"], wallet["available"]) == ("0.00", "3.75")
    assert_ledger_balances(tables)


def test_restricted_account_cannot_withdraw_or_fund(
    container: Container, lender: User, user_factory: UserFactory, tables: Storage
) -> None:
    loan = subscribed_loan(user_factory.borrower(), lender)
    restrict(container, lender, "1100.00")
    before = tables.items("wallets"), tables.items("ledger"), tables.items("loans")

    withdrawn = lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}, key="withdraw")
    funded = lender.http.post(f"/api/loans/{loan['id']}/fund/", key="fund")

    for rejected in (withdrawn, funded):
        error = problem(rejected, 409, "account_restricted")
        assert error["receivable"] == "96.25"
        assert "owes 96.25 for a deposit" in error["detail"]
    assert (tables.items("wallets"), tables.items("ledger"), tables.items("loans")) == before


def test_lenders_share_of_a_payment_pays_its_receivable(
    container: Container, lender: User, user_factory: UserFactory, tables: Storage
) -> None:
    borrower = user_factory.borrower()
    loan = funded_loan(borrower, lender)
    restrict(container, lender, "500.00")

    pay(borrower, loan["id"])

    wallet = lender.call("GET", "/api/wallets/")
    assert (wallet["receivable"], wallet["balance"]) == ("327.45", "0.00")
    assert assert_ledger_balances(tables)[f"receivable:{lender.id}"] == -32745


def test_history_filters_receivable_entries(container: Container, lender: User) -> None:
    restrict(container, lender, "1013.75")
    deposit(lender, "30.00")

    items = lender.call("GET", "/api/wallets/transactions/?type=RECEIVABLE")["items"]

    assert [(item["type"], item["amount"]) for item in items] == [("RECEIVABLE", "-10.00")]


def test_operator_sees_the_account_of_a_receivable(
    container: Container, user_factory: UserFactory, tables: Storage
) -> None:
    operator = user_factory.operator()
    lender = user_factory.lender("30.00")
    restrict(container, lender, "100.00")

    page = operator.call("GET", f"/api/admin/ledger/accounts/receivable:{lender.id}/")
    suspense = operator.call("GET", "/api/admin/ledger/accounts/platform:suspense/")
    balances = operator.call("GET", "/api/admin/ledger/trial-balance/")["accounts"]

    assert (page["balance"], [item["type"] for item in page["items"]]) == ("-70.00", ["DEPOSIT_RETURN"])
    assert (suspense["balance"], suspense["items"]) == ("0.00", [])
    assert {"account": f"receivable:{lender.id}", "balance": "-70.00"} in balances


def test_rule_of_a_restricted_lender_waits(container: Container, lender: User, user_factory: UserFactory) -> None:
    restrict(container, lender, "1100.00")
    rule = lender.call("POST", "/api/loans/auto-invest/", RULE)
    loan = user_factory.borrower().call("POST", "/api/loans/", {"amount": "500.00", "annual_interest_rate": "12.00"})

    attempt = container.matching.place(lender.id, rule["id"], loan["id"])

    assert attempt.reason == "account_restricted"
