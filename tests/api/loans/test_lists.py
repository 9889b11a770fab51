"""Lists: the market with its filters, one's own loans, and what is to be paid next."""

from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from tests.factories import User, UserFactory, funded_loan, ok, open_loan, pay, subscribed_loan
from tests.paging import all_of


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("5000.00")


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("9000.00")


def listed(person: User, path: str) -> list[Any]:
    found: list[Any] = ok(person.http.get(f"/api/loans/{path}")).json["items"]
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["large", "middle", "small"]),
        ("min_amount=500.00", ["large", "middle"]),
        ("max_amount=500.00", ["middle", "small"]),
        ("min_rate=10.00", ["middle", "small"]),
        ("max_term=12", ["middle", "small"]),
        ("min_amount=100.01&max_amount=500&min_rate=10&max_term=12", ["middle"]),
        ("min_amount=9000", []),
        ("sort=newest&limit=2", ["large", "middle"]),
    ],
)
def test_market_filters_by_amount_rate_and_term(
    borrower: User, lender: User, clock: FixedClock, query: str, expected: list[str]
) -> None:
    for purpose, amount, rate, months in (
        ("small", "100.00", "15.00", 6),
        ("middle", "500.00", "10.00", 12),
        ("large", "5000.00", "5.00", 24),
    ):
        open_loan(borrower, amount, rate, months, purpose=purpose)
        clock.advance(seconds=1)

    assert [loan["purpose"] for loan in listed(lender, f"available/?{query}")] == expected


def test_market_and_loan_agree(borrower: User, lender: User) -> None:
    loan = open_loan(borrower, purpose="A van")

    assert listed(lender, "available/") == [loan]


def test_fully_subscribed_loan_leaves_the_market(borrower: User, lender: User) -> None:
    subscribed_loan(borrower, lender)

    assert listed(lender, "available/") == []


def test_my_loans_filter_by_status(borrower: User, lender: User) -> None:
    ids = {
        "FUNDED": funded_loan(borrower, lender)["id"],
        "PENDING_FUNDING": subscribed_loan(borrower, lender)["id"],
        "REQUESTED": open_loan(borrower)["id"],
    }

    for status, loan_id in ids.items():
        assert [loan["id"] for loan in listed(borrower, f"my-loans/?status={status}")] == [loan_id]
    assert {loan["id"] for loan in listed(borrower, "my-loans/")} == set(ids.values())
    assert [loan["id"] for loan in listed(lender, "my-loans/")] == [ids["FUNDED"]]


def test_pending_payments_are_ordered_by_due_date(borrower: User, lender: User, clock: FixedClock) -> None:
    first = funded_loan(borrower, lender, months=2)["id"]
    clock.advance(days=10)
    second = funded_loan(borrower, lender, months=2)["id"]
    pay(borrower, first)
    clock.advance(days=40)

    rows = listed(borrower, "pending-payments/")

    assert [(row["due_date"], row["loan_id"], row["number"], row["status"]) for row in rows] == [
        ("2026-02-25", second, 1, "OVERDUE"),
        ("2026-03-15", first, 2, "PENDING"),
        ("2026-03-25", second, 2, "PENDING"),
    ]


def test_pending_payments_page_without_gaps(borrower: User, lender: User) -> None:
    funded_loan(borrower, lender, months=3)
    funded_loan(borrower, lender, months=4)

    rows = all_of(borrower, "/api/loans/pending-payments/", limit=3)

    found = [(row["due_date"], row["loan_id"], row["number"]) for row in rows]
    assert len(found) == len(set(found)) == 7
    assert found == sorted(found)
