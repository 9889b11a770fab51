"""Visibility of loans and offers; the authorization matrix in tests/security has every role and state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.factories import User, UserFactory, accept_offer, funded_loan, make_offer, ok, open_loan
from tests.problems import problem


@dataclass(frozen=True)
class People:
    """The two parties of a loan, and others."""

    borrower: User
    lender: User
    other_borrower: User
    other_lender: User
    operator: User

    @property
    def strangers(self) -> tuple[User, User]:
        return self.other_borrower, self.other_lender


@pytest.fixture
def people(user_factory: UserFactory) -> People:
    return People(
        user_factory.borrower("2000.00"),
        user_factory.lender("5000.00"),
        user_factory.borrower("2000.00"),
        user_factory.lender("5000.00"),
        user_factory.operator(),
    )


def at(loan: Any, call: str = "") -> str:
    return f"/api/loans/{loan['id']}/{call}"


def test_open_loan_is_visible_without_foreign_offers(people: People) -> None:
    loan = open_loan(people.borrower)
    make_offer(people.lender, loan["id"], "11.00")
    make_offer(people.other_lender, loan["id"], "10.00")

    def seen_by(person: User) -> list[str]:
        shown = [each["lender_id"] for each in ok(person.http.get(at(loan))).json["offers"]]
        listed = [each["lender_id"] for each in ok(person.http.get(at(loan, "offers"))).json["items"]]
        assert shown == listed
        return shown

    lowest_first = [people.other_lender.id, people.lender.id]
    assert seen_by(people.borrower) == seen_by(people.operator) == lowest_first
    assert seen_by(people.lender) == [people.lender.id]
    assert seen_by(people.other_lender) == [people.other_lender.id]
    assert seen_by(people.other_borrower) == []


def test_declined_lender_no_longer_sees_the_loan(people: People) -> None:
    loan = open_loan(people.borrower)
    make_offer(people.other_lender, loan["id"], "12.00")

    accept_offer(people.borrower, loan["id"], make_offer(people.lender, loan["id"], "11.00")["id"])

    problem(people.other_lender.http.get(at(loan)), 404, "loan_not_found")
    assert ok(people.other_lender.http.get("/api/loans/my-offers/")).json["items"] == []
    ok(people.other_lender.http.delete(at(loan, "offer")))


def test_lists_contain_own_loans_only(people: People) -> None:
    mine = funded_loan(people.borrower, people.lender)

    for person in (people.borrower, people.lender):
        assert [each["id"] for each in ok(person.http.get("/api/loans/my-loans/")).json["items"]] == [mine["id"]]
    for person in people.strangers:
        assert ok(person.http.get("/api/loans/my-loans/")).json["items"] == []
    assert ok(people.other_borrower.http.get("/api/loans/pending-payments/")).json["items"] == []
