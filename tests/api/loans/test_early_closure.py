"""Loans repaid early: lenders get back the part of the platform fee that their interest has not earned."""

from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from tests.engines import Storage
from tests.factories import User, UserFactory, funded_loan, ok, pay
from tests.stored_state import assert_ledger_balances


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("200.00")


def pay_off(borrower: User, loan: Any) -> None:
    amount = ok(borrower.http.get(f"/api/loans/{loan['id']}/payoff/")).json["amount"]
    assert pay(borrower, loan["id"], amount)["loan"]["status"] == "COMPLETED"


def entries(person: User) -> list[tuple[str, str]]:
    """Types and amounts of a person's transactions."""
    items = ok(person.http.get("/api/wallets/transactions/")).json["items"]
    return [(item["type"], item["amount"]) for item in items]


def test_payoff_on_the_same_day_refunds_the_fee(user_factory: UserFactory, borrower: User, storage: Storage) -> None:
    lender = user_factory.lender("1003.75")
    loan = funded_loan(borrower, lender)

    pay_off(borrower, loan)

    assert lender.balance() == "1003.75"
    assert borrower.balance() == "200.00"
    assert sorted(entries(lender)) == [
        ("DEPOSIT", "1003.75"),
        ("LOAN_FUNDING", "-1000.00"),
        ("LOAN_PAYMENT", "1000.00"),
        ("PLATFORM_FEE", "-3.75"),
        ("REFUND", "3.75"),
    ]
    assert "REFUND" not in dict(entries(borrower))
    assert assert_ledger_balances(storage)["platform:fees"] == 0
    shown = ok(lender.http.get("/api/loans/investments/")).json
    assert [(each["fee_paid"], each["fee_refunded"]) for each in shown["items"]] == [("3.75", "3.75")]
    assert shown["totals"]["fees_refunded"] == "3.75"


def test_early_payoff_refunds_the_unearned_part(
    user_factory: UserFactory, borrower: User, storage: Storage, clock: FixedClock
) -> None:
    first, second = user_factory.lender("1000.00"), user_factory.lender("1000.00")
    loan = funded_loan(borrower, {first: "250.00", second: "750.00"})
    clock.advance(days=6)  # 1.94 of interest

    pay_off(borrower, loan)

    assert (first.balance(), second.balance()) == ("1000.00", "1000.00")
    assert assert_ledger_balances(storage)["platform:fees"] == 194


def test_earned_fee_is_not_refunded(user_factory: UserFactory, borrower: User, clock: FixedClock) -> None:
    lender = user_factory.lender("1003.75")
    loan = funded_loan(borrower, lender)
    clock.advance(days=15)

    pay_off(borrower, loan)

    assert lender.balance() == "1004.84"
    assert "REFUND" not in dict(entries(lender))


def test_loan_repaid_by_instalments_refunds_nothing(
    user_factory: UserFactory, borrower: User, storage: Storage
) -> None:
    lender = user_factory.lender("1003.75")
    loan = funded_loan(borrower, lender)

    for _ in range(6):
        paid = pay(borrower, loan["id"])  # ahead of time, each at its full interest

    assert paid["loan"]["status"] == "COMPLETED"
    assert lender.balance() == "1035.28"
    assert assert_ledger_balances(storage)["platform:fees"] == 375
