"""After each step of a market's life everybody sees what is, whatever is cached."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib import container as wiring
from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.servicing.service.lifecycle import ACT_ON_LOAN
from chalicelib.shared.clock import FixedClock
from tests.api.cache.reading import Readings
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
from tests.streams import Background

Check = Callable[[], None]
one_backend = pytest.mark.parametrize("answers", ["in-process"], indirect=True)
"""For long stories; another story, and the tests of the cache itself, run on both backends."""


@pytest.fixture
def people(user_factory: UserFactory) -> dict[str, User]:
    """Parties, strangers and an operator."""
    return {
        "borrower": user_factory.borrower("500.00"),
        "lender": user_factory.lender("5000.00"),
        "other lender": user_factory.lender("5000.00"),
        "stranger": user_factory.lender(),
        "other borrower": user_factory.borrower(),
        "operator": user_factory.operator(),
    }


@pytest.fixture
def loans() -> list[str]:
    """The ids of the loans that a test has made."""
    return []


@pytest.fixture
def check(readings: Readings, people: dict[str, User], loans: list[str]) -> Check:
    """Compares what everybody sees."""
    return lambda: readings.assert_nothing_is_stale(people.values(), loans)


def test_a_loan_of_two_lenders_from_request_to_last_payment(
    people: dict[str, User], loans: list[str], check: Check, clock: FixedClock
) -> None:
    borrower, lender, other = people["borrower"], people["lender"], people["other lender"]
    check()
    loan = open_loan(borrower, amount="600.00", months=2)["id"]
    loans.append(loan)
    check()
    first, second = make_offer(lender, loan, "11.00", "400.00"), make_offer(other, loan, "12.00", "200.00")
    check()
    accept_offer(borrower, loan, first["id"])
    check()
    accept_offer(borrower, loan, second["id"])
    check()
    for person in (lender, other):
        ok(person.http.post(f"/api/loans/{loan}/fund/"))
        check()
    pay(borrower, loan)
    check()
    clock.advance(days=40)
    check()
    payoff = ok(borrower.http.get(f"/api/loans/{loan}/payoff/")).json["amount"]
    pay(borrower, loan, payoff)
    check()


@one_backend
def test_requests_that_come_and_go(people: dict[str, User], loans: list[str], check: Check, clock: FixedClock) -> None:
    borrower, other, lender = people["borrower"], people["other borrower"], people["lender"]
    for number, person in enumerate((borrower, other, borrower, borrower)):
        clock.advance(seconds=1)
        loans.append(open_loan(person, amount=f"{number + 3}00.00")["id"])
    check()
    ok(borrower.http.post(f"/api/loans/{loans[2]}/cancel/"))
    check()
    make_offer(lender, loans[0])
    ok(lender.http.delete(f"/api/loans/{loans[0]}/offer/"))
    check()
    covered = make_offer(lender, loans[1])
    accept_offer(other, loans[1], covered["id"])
    check()
    ok(other.http.post(f"/api/loans/{loans[1]}/cancel/"))
    check()


@one_backend
def test_what_operators_and_the_clock_do(
    people: dict[str, User], loans: list[str], check: Check, clock: FixedClock, container: Container
) -> None:
    borrower, lender, operator = people["borrower"], people["lender"], people["operator"]
    running = funded_loan(borrower, lender, months=3)["id"]
    lapsing = subscribed_loan(borrower, lender)["id"]
    loans.extend((running, lapsing))
    check()
    terms = {"remaining_terms": 6, "reason": "hardship"}
    ok(operator.http.post(f"/api/admin/loans/{running}/reschedule/", terms))
    check()
    clock.advance(days=10)
    container.worker.do(BackgroundJob(ACT_ON_LOAN, lapsing))
    check()
    clock.advance(days=300)
    container.worker.do(BackgroundJob(ACT_ON_LOAN, running))
    check()
    pay(borrower, running)
    check()


def test_wallets(people: dict[str, User], check: Check) -> None:
    borrower = people["borrower"]
    ok(borrower.http.post("/api/wallets/deposit/", {"amount": "10.00"}))
    check()
    ok(borrower.http.post("/api/wallets/withdraw/", {"amount": "1.00"}))
    check()
    assert borrower.http.post("/api/wallets/withdraw/", {"amount": "1000.00"}).status == 409
    check()


@one_backend
def test_what_rules_hold_and_give_back(
    people: dict[str, User], loans: list[str], check: Check, background: Background
) -> None:
    lender = people["lender"]
    terms = {"amount_per_loan": "400.00", "min_rate": "5.00", "max_term": 12, "max_exposure": "1000.00"}
    rule = ok(lender.http.post("/api/loans/auto-invest/", terms)).json["id"]
    loans.append(open_loan(people["borrower"])["id"])
    check()
    assert background.settle() > 0
    check()
    ok(lender.http.patch(f"/api/loans/auto-invest/{rule}/", {"active": False}))
    check()
    background.settle()
    check()


def test_a_change_whose_author_did_not_live_to_tell_is_told_by_the_stream(
    people: dict[str, User], readings: Readings, container: Container, background: Background
) -> None:
    borrower = people["borrower"]
    assert borrower.balance() == "500.00"
    wiring.install_container(readings.uncached)
    ok(borrower.http.post("/api/wallets/deposit/", {"amount": "1.00"}))
    loan = open_loan(borrower)["id"]
    wiring.install_container(container)
    assert borrower.balance() == "500.00"

    background.follow()

    readings.assert_nothing_is_stale(people.values(), [loan])
    assert borrower.balance() == "501.00"
