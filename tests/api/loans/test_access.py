"""403 and 404: who may act on a loan, and who may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.factories import User, UserFactory, accept_offer, funded_loan, make_offer, ok, open_loan, subscribed_loan
from tests.problems import problem

NOBODYS = "7" * 26


@dataclass(frozen=True)
class People:
    """The two parties of a loan, and everybody else."""

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


def test_borrowers_request_and_lenders_offer_and_fund(people: People) -> None:
    loan = open_loan(people.borrower)
    terms = {"amount": "10.00", "annual_interest_rate": "5.00"}

    for person in (people.lender, people.operator):
        problem(person.http.post("/api/loans/", terms), 403, "role_required")
    for person in (people.borrower, people.operator):
        rate = {"annual_interest_rate": "5.00"}
        problem(person.http.post(at(loan, "offer"), rate), 403, "role_required")
        problem(person.http.delete(at(loan, "offer")), 403, "role_required")
        problem(person.http.post(at(loan, "fund")), 403, "role_required")
        problem(person.http.get("/api/loans/my-offers/"), 403, "role_required")
    for person in (people.lender, people.operator):
        problem(person.http.get("/api/loans/pending-payments/"), 403, "role_required")


def test_only_borrowers_accept_cancel_and_pay(
    people: People,
) -> None:
    loan = funded_loan(people.borrower, people.lender)

    for person in (people.lender, people.other_lender, people.operator):
        problem(person.http.post(at(loan, "pay")), 403, "role_required")
        problem(person.http.get(at(loan, "payoff")), 403, "role_required")
        problem(person.http.post(at(loan, "cancel")), 403, "role_required")
        problem(person.http.post(at(loan, "accept-offer"), {"offer_id": NOBODYS}), 403, "role_required")


def test_other_borrowers_cannot_change_an_open_loan(people: People) -> None:
    loan = open_loan(people.borrower)
    made = make_offer(people.lender, loan["id"])

    accepting = people.other_borrower.http.post(at(loan, "accept-offer"), {"offer_id": made["id"]})

    problem(accepting, 403, "not_the_borrower")
    problem(people.other_borrower.http.post(at(loan, "cancel")), 403, "not_the_borrower")
    assert ok(people.borrower.http.get(at(loan))).json["accepted_amount"] == "0.00"


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


@pytest.mark.parametrize("stage", ["covered", "funded", "cancelled"])
def test_strangers_cannot_find_a_closed_loan(people: People, stage: str) -> None:
    loan = a_loan_that_is(stage, people)

    for person in people.strangers:
        for call in ("", "offers", "schedule", "payments"):
            problem(person.http.get(at(loan, call)), 404, "loan_not_found")
    problem(people.other_borrower.http.post(at(loan, "pay")), 404, "loan_not_found")
    problem(people.other_borrower.http.get(at(loan, "payoff")), 404, "loan_not_found")
    problem(people.other_borrower.http.post(at(loan, "cancel")), 404, "loan_not_found")
    problem(people.other_lender.http.post(at(loan, "fund")), 404, "loan_not_found")
    body = {"offer_id": NOBODYS}
    problem(people.other_borrower.http.post(at(loan, "accept-offer"), body), 404, "loan_not_found")


def a_loan_that_is(stage: str, people: People) -> Any:
    if stage == "funded":
        return funded_loan(people.borrower, people.lender)
    loan = subscribed_loan(people.borrower, people.lender)
    if stage == "cancelled":
        ok(people.borrower.http.post(at(loan, "cancel")))
    return loan


def test_declined_lender_no_longer_sees_the_loan(people: People) -> None:
    loan = open_loan(people.borrower)
    make_offer(people.other_lender, loan["id"], "12.00")

    accept_offer(people.borrower, loan["id"], make_offer(people.lender, loan["id"], "11.00")["id"])

    problem(people.other_lender.http.get(at(loan)), 404, "loan_not_found")
    assert ok(people.other_lender.http.get("/api/loans/my-offers/")).json["items"] == []
    ok(people.other_lender.http.delete(at(loan, "offer")))


def test_parties_and_operators_see_loan_details(people: People) -> None:
    loan = funded_loan(people.borrower, people.lender)

    for person in (people.borrower, people.lender, people.operator):
        for call in ("", "schedule", "payments", "offers"):
            ok(person.http.get(at(loan, call)))


def test_unknown_and_hidden_loans_look_alike(people: People) -> None:
    hidden = funded_loan(people.borrower, people.lender)

    for person in people.strangers:
        for call in ("", "schedule", "payments", "offers"):
            none = person.http.get(f"/api/loans/{NOBODYS}/{call}")
            some = person.http.get(at(hidden, call))

            problem(none, 404, "loan_not_found")
            assert {**none.json, "instance": ""} == {**some.json, "instance": ""}


def test_lists_contain_own_loans_only(people: People) -> None:
    mine = funded_loan(people.borrower, people.lender)

    for person in (people.borrower, people.lender):
        assert [each["id"] for each in ok(person.http.get("/api/loans/my-loans/")).json["items"]] == [mine["id"]]
    for person in people.strangers:
        assert ok(person.http.get("/api/loans/my-loans/")).json["items"] == []
    assert ok(people.other_borrower.http.get("/api/loans/pending-payments/")).json["items"] == []
