"""After each step of a market all users see the stored state, whatever is cached."""

from collections.abc import Callable

import pytest

from chalicelib.container import Container, install_container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.servicing.service.lifecycle import ACT_ON_LOAN
from chalicelib.shared.clock import FixedClock
from tests.api.cache.comparison import CacheComparison
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
one_backend = pytest.mark.parametrize("cache", ["in-process"], indirect=True)
"""For long tests; a short one, and the tests of the cache itself, run on both backends."""


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
def check(comparison: CacheComparison, people: dict[str, User], loans: list[str]) -> Check:
    """Compare what all users see."""
    return lambda: comparison.assert_nothing_is_stale(people.values(), loans)


def test_whole_loan_of_two_lenders_is_fresh(
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
def test_open_loans_are_fresh(people: dict[str, User], loans: list[str], check: Check, clock: FixedClock) -> None:
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
def test_operator_actions_and_jobs_are_fresh(
    people: dict[str, User], loans: list[str], check: Check, clock: FixedClock, container: Container
) -> None:
    borrower, lender, operator = people["borrower"], people["lender"], people["operator"]
    running = funded_loan(borrower, lender, months=3)["id"]
    lapsing = subscribed_loan(borrower, lender)["id"]
    loans.extend((running, lapsing))
    check()
    terms = {"annual_interest_rate": "6.00", "reason": "hardship", "ground": "distressed"}
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


def test_wallet_movements_are_fresh(people: dict[str, User], check: Check) -> None:
    borrower = people["borrower"]
    ok(borrower.http.post("/api/wallets/deposit/", {"amount": "10.00"}))
    check()
    ok(borrower.http.post("/api/wallets/withdraw/", {"amount": "1.00"}))
    check()
    assert borrower.http.post("/api/wallets/withdraw/", {"amount": "1000.00"}).status == 409
    check()


@one_backend
def test_reservations_of_rules_are_fresh(
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


def test_stream_invalidates_after_a_killed_writer(
    people: dict[str, User], comparison: CacheComparison, container: Container, background: Background
) -> None:
    borrower = people["borrower"]
    assert borrower.balance() == "500.00"
    install_container(comparison.uncached)
    ok(borrower.http.post("/api/wallets/deposit/", {"amount": "1.00"}))
    loan = open_loan(borrower)["id"]
    install_container(container)
    assert borrower.balance() == "500.00"

    background.follow()

    comparison.assert_nothing_is_stale(people.values(), [loan])
    assert borrower.balance() == "501.00"
