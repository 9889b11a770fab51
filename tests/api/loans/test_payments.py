"""Repayment over the API: partial, late, early, and to the last cent."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Rate
from chalicelib.shared.settings import Settings
from tests.engines import Storage
from tests.factories import User, UserFactory, funded_loan, ok, pay
from tests.stored_state import assert_ledger_balances


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Late fees of 5 % after five days; default after 60 days."""
    return replace(settings, late_fee_percent=Rate.percent("5"), late_fee_grace_days=5, default_days=60)


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("2000.00")


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("1003.75")


@pytest.fixture
def loan(borrower: User, lender: User) -> Any:
    """1,000.00 at 12 % for six months, funded on 15 January 2026."""
    return funded_loan(borrower, lender)


def read(person: User, loan: Any, what: str) -> Any:
    return ok(person.http.get(f"/api/loans/{loan['id']}/{what}/")).json


def row(person: User, loan: Any, number: int) -> Any:
    return read(person, loan, "schedule")["items"][number - 1]


def test_partly_paid_instalment_is_partial(borrower: User, lender: User, loan: Any) -> None:
    first = pay(borrower, loan["id"], "100.00")
    assert (first["payment"]["interest"], first["payment"]["principal"]) == ("10.00", "90.00")
    assert first["payment"]["instalment_status"] == row(borrower, loan, 1)["status"] == "PARTIAL"
    assert lender.balance() == "100.00"

    rest = pay(borrower, loan["id"])

    assert rest["payment"]["amount"] == "72.55"
    assert rest["payment"]["instalment_status"] == row(borrower, loan, 1)["status"] == "PAID"
    assert rest["loan"]["remaining_amount"] == "862.73"
    assert rest["loan"]["next_due_date"] == "2026-03-15"


def test_overdue_instalment_is_payable_with_its_late_fee(
    borrower: User, lender: User, loan: Any, clock: FixedClock, tables: Storage
) -> None:
    clock.set_date(date(2026, 2, 20))
    assert (row(borrower, loan, 1)["status"], row(borrower, loan, 1)["late_fee"]) == ("OVERDUE", "0.00")
    clock.set_date(date(2026, 2, 21))
    assert (row(lender, loan, 1)["late_fee"], row(lender, loan, 1)["amount"]) == ("8.13", "180.68")

    paid = pay(borrower, loan["id"])

    assert (paid["payment"]["amount"], paid["payment"]["late_fee"]) == ("180.68", "8.13")
    assert lender.balance() == "172.55"
    assert assert_ledger_balances(tables)["platform:fees"] == 375 + 813


def test_responses_do_not_depend_on_earlier_readers(borrower: User, lender: User, clock: FixedClock) -> None:
    first = funded_loan(borrower, lender, amount="400.00")
    second = funded_loan(borrower, lender, amount="400.00")
    for _ in range(40):
        clock.advance(days=1)
        read(borrower, first, "payoff")

    assert read(borrower, first, "payoff") == read(borrower, second, "payoff")


@pytest.mark.parametrize(
    ("strategy", "instalments"),
    [
        ("reduce_term", ["672.55", "172.55", "164.85"]),
        ("reduce_instalment", ["586.27", "86.27", "86.27", "86.27", "86.27", "86.30"]),
    ],
)
def test_prepayment_reduces_term_or_instalment(
    borrower: User, lender: User, loan: Any, strategy: str, instalments: list[str]
) -> None:
    paid = pay(borrower, loan["id"], "500.00", strategy=strategy)

    assert (paid["payment"]["principal"], paid["payment"]["interest"]) == ("500.00", "0.00")
    assert paid["loan"]["outstanding_principal"] == "500.00"
    schedule = read(lender, loan, "schedule")
    assert [each["amount"] for each in schedule["items"]] == instalments
    assert (schedule["total_principal"], schedule["items"][-1]["balance"]) == ("1000.00", "0.00")
    assert paid["loan"]["monthly_payment"] == instalments[1]


def test_paying_the_payoff_completes_the_loan(
    borrower: User, lender: User, loan: Any, clock: FixedClock, tables: Storage
) -> None:
    clock.set_date(date(2026, 3, 25))
    payoff = read(borrower, loan, "payoff")
    assert payoff == {
        "as_of": "2026-03-25",
        "principal": "1000.00",
        "interest": "20.54",  # 10.00 and 8.37 due, and 673.27 × 1 % × 10 of 31 days
        "fees": "16.34",
        "amount": "1036.88",
    }

    paid = pay(borrower, loan["id"], payoff["amount"])

    assert paid["loan"]["status"] == "COMPLETED"
    assert paid["loan"]["remaining_amount"] == paid["loan"]["outstanding_principal"] == "0.00"
    assert lender.balance() == "1020.54"
    assert borrower.balance() == "1963.12"
    assert {each["status"] for each in read(borrower, loan, "schedule")["items"]} == {"PAID"}
    assert_ledger_balances(tables)


def test_payments_are_listed_newest_first(borrower: User, lender: User, loan: Any, clock: FixedClock) -> None:
    for amount in ("1.00", "2.00", "3.00"):
        pay(borrower, loan["id"], amount)
        clock.advance(seconds=1)

    assert [each["amount"] for each in read(lender, loan, "payments")["items"]] == ["3.00", "2.00", "1.00"]


def test_defaulted_loan_accepts_recoveries(
    borrower: User, lender: User, loan: Any, clock: FixedClock, tables: Storage
) -> None:
    clock.set_date(date(2026, 4, 16))

    paid = pay(borrower, loan["id"], "200.00")

    assert paid["loan"]["status"] == "DEFAULTED"
    assert paid["loan"]["outstanding_principal"] == "0.00"
    assert cents(lender.balance()) == 20_000 - cents(paid["payment"]["late_fee"])
    recovered = pay(borrower, loan["id"], read(borrower, loan, "payoff")["amount"])
    assert (recovered["loan"]["status"], recovered["loan"]["remaining_amount"]) == ("DEFAULTED", "0.00")
    assert_ledger_balances(tables)


def cents(amount: str) -> int:
    return int(amount.replace(".", ""))


@pytest.mark.parametrize("method", ["annuity", "equal_principal", "flat", "interest_only"])
def test_every_method_repays_to_the_cent(user_factory: UserFactory, tables: Storage, method: str) -> None:
    lender, borrower = user_factory.lender("1003.75"), user_factory.borrower("1000.00")
    loan = funded_loan(borrower, lender, months=4, method=method)
    interest = cents(loan["total_interest"])

    pay(borrower, loan["id"], "7.89")
    while pay(borrower, loan["id"])["loan"]["status"] != "COMPLETED":
        assert_ledger_balances(tables)

    assert cents(lender.balance()) == 100_000 + interest
    assert cents(borrower.balance()) == 100_000 - interest
