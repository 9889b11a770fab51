"""409: the state of the loan forbids it, and a rejected request changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.shared.actor import Role
from tests.engines import Storage
from tests.factories import (
    User,
    UserFactory,
    accept_offer,
    funded_loan,
    make_offer,
    ok,
    open_loan,
    pay,
    subscribed_loan,
)
from tests.http_client import Response
from tests.problems import problem

TABLES = ("wallets", "ledger", "loans", "operations")


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower()


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("1003.75")


@pytest.fixture
def rejected(tables: Storage) -> Callable[..., Any]:
    """Send a request twice; assert that both are rejected with this code and change nothing; return the problem."""

    def check(code: str, attempt: Callable[[], Response], *, status: int = 409) -> Any:
        before = {name: tables.items(name) for name in TABLES}

        responses = [attempt(), attempt()]

        assert {name: tables.items(name) for name in TABLES} == before
        found = [problem(response, status, code) for response in responses]
        assert found[0] == found[1]
        return found[0]

    return check


def at(loan: Any, call: str) -> str:
    return f"/api/loans/{loan['id']}/{call}/"


def fund(lender: User, loan: Any, key: str | None = None) -> Callable[[], Response]:
    return lambda: lender.http.post(at(loan, "fund"), key=key)


def test_withdrawal_above_balance_is_rejected(lender: User, rejected: Callable[..., Any]) -> None:
    error = rejected(
        "insufficient_funds",
        lambda: lender.http.post("/api/wallets/withdraw/", {"amount": "1003.76"}, key="too-much"),
    )

    assert (error["needed"], error["available"], error["missing"]) == ("1003.76", "1003.75", "0.01")
    ok(lender.http.post("/api/wallets/withdraw/", {"amount": "1003.75"}))
    assert lender.balance() == "0.00"


def test_funding_requires_principal_and_fee(
    borrower: User, user_factory: UserFactory, rejected: Callable[..., Any]
) -> None:
    lender = user_factory.lender("1003.74")
    loan = subscribed_loan(borrower, lender, amount="1000.00")

    error = rejected("insufficient_funds", fund(lender, loan, key="early"))
    assert (error["needed"], error["missing"]) == ("1003.75", "0.01")

    ok(lender.http.post("/api/wallets/deposit/", {"amount": "0.01"}))
    assert ok(fund(lender, loan, key="early")()).json["status"] == "FUNDED"
    assert lender.balance() == "0.00"


def test_accepted_offer_cannot_be_accepted_again_or_withdrawn(
    borrower: User, lender: User, rejected: Callable[..., Any]
) -> None:
    loan = open_loan(borrower, "1000.00")
    part = make_offer(lender, loan["id"], amount="400.00")
    accept_offer(borrower, loan["id"], part["id"])

    rejected("offer_accepted", lambda: borrower.http.post(at(loan, "accept-offer"), {"offer_id": part["id"]}))
    rejected("offer_accepted", lambda: lender.http.delete(at(loan, "offer")))


def test_an_offer_of_another_loan_is_not_found(borrower: User, lender: User, rejected: Callable[..., Any]) -> None:
    loan, other = open_loan(borrower), open_loan(borrower)
    elsewhere = make_offer(lender, other["id"])

    rejected(
        "offer_not_found",
        lambda: borrower.http.post(at(loan, "accept-offer"), {"offer_id": elsewhere["id"]}),
        status=404,
    )
    rejected("offer_not_found", lambda: lender.http.delete(at(loan, "offer")), status=404)


def test_payment_above_balance_is_rejected(borrower: User, lender: User, rejected: Callable[..., Any]) -> None:
    loan = funded_loan(borrower, lender)
    ok(borrower.http.post("/api/wallets/withdraw/", {"amount": "900.00"}))

    error = rejected("insufficient_funds", lambda: borrower.http.post(at(loan, "pay"), key="poor"))

    assert (error["needed"], error["available"]) == ("172.55", "100.00")
    assert pay(borrower, loan["id"], "100.00")["payment"]["amount"] == "100.00"


def test_empty_wallet_can_be_frozen(user_factory: UserFactory, rejected: Callable[..., Any]) -> None:
    lender = user_factory.registered(Role.LENDER)
    user_factory.operator().call("POST", f"/api/admin/users/{lender.id}/freeze/", {"reason": "a question"})

    rejected("account_frozen", lambda: lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}))
    ok(lender.http.post("/api/wallets/deposit/", {"amount": "5.00"}))
    rejected("account_frozen", lambda: lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}))
    assert lender.balance() == "5.00"
