"""Frozen accounts: what they may still do, and what the market shows of them."""

import pytest

from chalicelib.container import Container
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from tests.engines import Storage
from tests.factories import User, UserFactory, accept_offer, fund, funded_loan, make_offer, ok, open_loan, pay
from tests.marketplace import RULE
from tests.problems import problem
from tests.stored_state import assert_ledger_balances
from tests.streams import Background

REASON = {"reason": "a question"}


def freeze(operator: User, user: User) -> None:
    ok(operator.http.post(f"/api/admin/users/{user.id}/freeze/", REASON))


def unfreeze(operator: User, user: User) -> None:
    ok(operator.http.post(f"/api/admin/users/{user.id}/unfreeze/", REASON))


def available(user: User) -> list[str]:
    return [loan["id"] for loan in user.call("GET", "/api/loans/available/")["items"]]


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.registered(Role.BORROWER, "2000.00")


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.registered(Role.LENDER, "5000.00")


def test_frozen_borrower_repays_own_loan(borrower: User, lender: User, operator: User, tables: Storage) -> None:
    loan = funded_loan(borrower, lender)
    freeze(operator, borrower)

    paid = pay(borrower, loan["id"])
    rest = borrower.call("GET", f"/api/loans/{loan['id']}/payoff/")["amount"]
    closed = pay(borrower, loan["id"], rest)

    assert paid["loan"]["status"] == "FUNDED"
    assert closed["loan"]["status"] == "COMPLETED"
    assert_ledger_balances(tables)


def test_frozen_account_requests_offers_and_accepts_nothing(borrower: User, lender: User, operator: User) -> None:
    loan = open_loan(borrower)
    offer = make_offer(lender, loan["id"], amount="500.00")
    freeze(operator, borrower)
    terms = {"amount": "1000.00", "term_months": 6, "annual_interest_rate": "12.00"}

    problem(borrower.http.post("/api/loans/", terms), 409, "account_frozen")
    accepted = borrower.http.post(f"/api/loans/{loan['id']}/accept-offer/", {"offer_id": offer["id"]})
    problem(accepted, 409, "account_frozen")
    unfreeze(operator, borrower)
    freeze(operator, lender)
    ok(lender.http.delete(f"/api/loans/{loan['id']}/offer/"))
    offered = lender.http.post(f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "12.00"})
    problem(offered, 409, "account_frozen")


def test_frozen_lender_cannot_start_a_rule(lender: User, operator: User) -> None:
    rule = lender.call("POST", "/api/loans/auto-invest/", {**RULE, "active": False})
    freeze(operator, lender)

    problem(lender.http.post("/api/loans/auto-invest/", RULE), 409, "account_frozen")
    problem(lender.http.patch(f"/api/loans/auto-invest/{rule['id']}/", {"active": True}), 409, "account_frozen")
    ok(lender.http.patch(f"/api/loans/auto-invest/{rule['id']}/", {"max_term": 3}))
    ok(lender.http.delete(f"/api/loans/auto-invest/{rule['id']}/"))


def test_funding_is_a_debit_that_a_frozen_lender_cannot_make(borrower: User, lender: User, operator: User) -> None:
    loan = open_loan(borrower)
    accept_offer(borrower, loan["id"], make_offer(lender, loan["id"])["id"])
    freeze(operator, lender)

    problem(lender.http.post(f"/api/loans/{loan['id']}/fund/"), 409, "account_frozen")

    assert lender.balance() == "5000.00"


def test_freezing_hides_open_requests_until_unfrozen(
    borrower: User, lender: User, operator: User, background: Background
) -> None:
    loan = open_loan(borrower)
    freeze(operator, borrower)

    background.settle()

    assert available(lender) == []
    problem(lender.http.get(f"/api/loans/{loan['id']}/"), 404, "loan_not_found")
    offered = lender.http.post(f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "12.00"})
    problem(offered, 409, "loan_not_open")
    assert borrower.call("GET", f"/api/loans/{loan['id']}/")["status"] == "REQUESTED"
    found = operator.call("GET", "/api/admin/loans/?status=REQUESTED")["items"]
    assert [each["id"] for each in found] == [loan["id"]]
    unfreeze(operator, borrower)
    background.settle()
    assert available(lender) == [loan["id"]]
    make_offer(lender, loan["id"])


def test_request_stays_hidden_when_its_funding_lapses(
    borrower: User, lender: User, operator: User, background: Background, container: Container, clock: FixedClock
) -> None:
    loan = open_loan(borrower)
    accept_offer(borrower, loan["id"], make_offer(lender, loan["id"])["id"])
    freeze(operator, borrower)
    background.settle()

    clock.advance(days=8)
    container.lifecycle.expire_stale()

    assert borrower.call("GET", f"/api/loans/{loan['id']}/")["status"] == "REQUESTED"
    assert available(lender) == []


def test_freezing_withdraws_open_offers_but_not_accepted_ones(
    borrower: User, lender: User, operator: User, background: Background
) -> None:
    first, second = open_loan(borrower), open_loan(borrower)
    accept_offer(borrower, first["id"], make_offer(lender, first["id"])["id"])
    make_offer(lender, second["id"])
    freeze(operator, lender)

    background.settle()

    assert len(borrower.call("GET", f"/api/loans/{first['id']}/offers/")["items"]) == 1
    assert borrower.call("GET", f"/api/loans/{second['id']}/offers/")["items"] == []
    unfreeze(operator, lender)
    background.settle()
    fund(lender, first["id"])


def test_freezing_pauses_rules_and_releases_reservations(
    borrower: User, lender: User, operator: User, background: Background
) -> None:
    terms = {"amount_per_loan": "500.00", "min_rate": "5.00", "max_term": 12, "max_exposure": "2000.00"}
    rule = lender.call("POST", "/api/loans/auto-invest/", terms)
    open_loan(borrower)
    background.settle()
    assert lender.call("GET", "/api/wallets/")["held"] != "0.00"
    freeze(operator, lender)

    background.settle()

    assert lender.call("GET", "/api/wallets/")["held"] == "0.00"
    [paused] = lender.call("GET", "/api/loans/auto-invest/")["items"]
    assert (paused["id"], paused["active"]) == (rule["id"], False)
    unfreeze(operator, lender)
    background.settle()
    assert lender.call("GET", "/api/loans/auto-invest/")["items"][0]["active"] is False
    assert lender.call("PATCH", f"/api/loans/auto-invest/{rule['id']}/", {"active": True})["active"] is True


def test_freeze_job_is_repeated_once_by_the_sweep(
    borrower: User, operator: User, background: Background, container: Container, clock: FixedClock
) -> None:
    freeze(operator, borrower)
    background.settle()

    clock.advance(minutes=6)
    repeated = container.worker.send_again()
    background.settle()

    assert repeated == {"sent": 1}
    assert container.worker.send_again() == {"sent": 0}


def test_late_freeze_job_follows_the_present_state(
    borrower: User, lender: User, operator: User, background: Background
) -> None:
    loan = open_loan(borrower)
    freeze(operator, borrower)
    unfreeze(operator, borrower)

    background.settle()  # both jobs run after the account is unfrozen

    assert available(lender) == [loan["id"]]
