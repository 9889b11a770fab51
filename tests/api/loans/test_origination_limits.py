"""Limits that protect borrowers and lenders: amounts of requests and offers, open requests, and the clearing rate."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from chalicelib.shared.settings import Settings
from tests.engines import Storage
from tests.factories import (
    UNKNOWN_ID,
    User,
    UserFactory,
    accept_offer,
    fund,
    funded_loan,
    make_offer,
    ok,
    open_loan,
    pay,
    subscribed_loan,
)
from tests.problems import problem
from tests.stored_state import assert_ledger_balances


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The tests' settings with the default limit of open requests."""
    return replace(settings, max_open_requests=Settings().max_open_requests)


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower()


@pytest.mark.parametrize("amount", ["0.01", "99.99", "1000000.01"])
def test_request_outside_the_amount_limits_is_rejected(borrower: User, amount: str) -> None:
    terms = {"amount": amount, "annual_interest_rate": "12.00", "term_months": 6}

    found = problem(borrower.http.post("/api/loans/", terms), 422, "invalid_request")

    assert found["errors"] == [{"field": "amount", "message": "must be between 100.00 and 1000000.00"}]


@pytest.mark.parametrize("amount", ["100.00", "1000000.00"])
def test_request_at_an_amount_limit_is_accepted(borrower: User, amount: str) -> None:
    assert open_loan(borrower, amount)["amount"] == amount


def test_offer_below_the_minimum_is_rejected(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower, "1000000.00", "50.00", months=12)
    tiny = {"annual_interest_rate": "50.00", "amount": "0.01"}

    found = problem(user_factory.lender().http.post(f"/api/loans/{loan['id']}/offer/", tiny), 422, "offer_too_small")

    assert found["errors"] == [{"field": "amount", "message": "must be at least 25.00, the minimum for this loan"}]


def test_acceptance_above_the_highest_rate_is_rejected(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower, "1000000.00", "50.00", months=12)
    fair = make_offer(user_factory.lender(), loan["id"], "8.00", "999975.00")
    costly = make_offer(user_factory.lender(), loan["id"], "50.00", "25.00")
    accept_offer(borrower, loan["id"], fair["id"])
    at = f"/api/loans/{loan['id']}/accept-offer/"

    found = problem(
        borrower.http.post(at, {"offer_id": costly["id"], "max_rate": "8.00"}), 409, "clearing_rate_exceeded"
    )

    assert found["clearing_rate"] == "50.00"
    assert ok(borrower.http.get(f"/api/loans/{loan['id']}/")).json["accepted_amount"] == "999975.00"
    accepted = ok(borrower.http.post(at, {"offer_id": costly["id"], "max_rate": "50.00"})).json
    assert accepted["annual_interest_rate"] == "50.00"


def offers_of(borrower: User, loan_id: str) -> dict[str, Any]:
    return {each["id"]: each for each in borrower.call("GET", f"/api/loans/{loan_id}/offers/")["items"]}


def test_several_offers_are_accepted_together(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower, "1000.00")
    made = [
        make_offer(user_factory.lender(), loan["id"], rate, amount)["id"]
        for rate, amount in (("9.00", "400.00"), ("10.00", "400.00"), ("11.00", "1000.00"))
    ]

    accepted = borrower.call("POST", f"/api/loans/{loan['id']}/accept-offers/", {"offer_ids": made})

    assert (accepted["status"], accepted["annual_interest_rate"]) == ("PENDING_FUNDING", "11.00")
    taken = {each["id"]: (each["accepted_amount"], each["fee_share"]) for each in accepted["offers"]}
    assert [taken[each] for each in made] == [("400.00", "1.50"), ("400.00", "1.50"), ("200.00", "0.75")]


@pytest.mark.parametrize(
    ("rates", "ids", "more", "status", "code"),
    [
        (("9.00", "50.00"), (0, 1), {"max_rate": "9.00"}, 409, "clearing_rate_exceeded"),
        (("9.00", "9.00", "9.00"), (0, 1, 2), {}, 409, "offer_not_needed"),
        (("9.00",), (0, None), {}, 404, "offer_not_found"),
    ],
)
def test_all_offers_are_accepted_or_none(
    borrower: User,
    user_factory: UserFactory,
    rates: tuple[str, ...],
    ids: tuple[int | None, ...],
    more: dict[str, str],
    status: int,
    code: str,
) -> None:
    loan = open_loan(borrower, "1000.00", "50.00")
    made = [make_offer(user_factory.lender(), loan["id"], rate, "500.00")["id"] for rate in rates]
    body = {"offer_ids": [UNKNOWN_ID if each is None else made[each] for each in ids], **more}

    problem(borrower.http.post(f"/api/loans/{loan['id']}/accept-offers/", body), status, code)

    assert not any(each["accepted"] for each in offers_of(borrower, loan["id"]).values())


def test_borrower_sees_which_offers_are_backed(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower, "1000.00")
    lenders = {name: user_factory.lender(balance) for name, balance in (("no", ""), ("short", "501.87"))}
    lenders["full"] = user_factory.lender("501.88")
    made = {name: make_offer(lender, loan["id"], "11.00", "500.00") for name, lender in lenders.items()}

    seen = offers_of(borrower, loan["id"])

    assert {name: seen[offer["id"]]["backed"] for name, offer in made.items()} == {
        "no": False,
        "short": False,
        "full": True,
    }
    assert {offer["amount_due"] for offer in made.values()} == {"501.88"}
    [own] = lenders["full"].call("GET", f"/api/loans/{loan['id']}/offers/")["items"]
    assert own["backed"] is None


def test_funding_charges_the_amount_due(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower, "1000.00")
    lenders = [user_factory.lender("1000.00") for _ in range(2)]
    made = [
        make_offer(each, loan["id"], "12.00", part) for each, part in zip(lenders, ("333.33", "900.00"), strict=True)
    ]
    assert [(each["fee_share"], each["amount_due"]) for each in made] == [("1.25", "334.58"), ("3.38", "903.38")]
    assert [(each["monthly_payment"], each["total_interest"]) for each in made] == [
        ("57.52", "11.76"),
        ("155.30", "31.75"),
    ]

    for each in made:
        accept_offer(borrower, loan["id"], each["id"])

    seen = offers_of(borrower, loan["id"])
    due = [seen[each["id"]]["amount_due"] for each in made]
    assert due == ["334.58", "669.17"]
    for lender in lenders:
        fund(lender, loan["id"])
    assert [lender.balance() for lender in lenders] == [str(Money.of("1000.00") - Money.of(each)) for each in due]
    assert all(each["backed"] for each in offers_of(borrower, loan["id"]).values())


def test_offer_at_a_rate_without_schedule_is_rejected(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower, "100.00", "12.00", months=180)

    response = user_factory.lender().http.post(f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "0.00"})

    problem(response, 422, "terms_not_amortisable")


def test_unfunded_offer_does_not_block_a_loan(
    borrower: User, user_factory: UserFactory, clock: FixedClock, tables: Storage
) -> None:
    idle, paying, waiting = user_factory.lender(), user_factory.lender("500.00"), user_factory.lender()
    loan = open_loan(borrower, "1000.00")
    left = make_offer(waiting, loan["id"], "12.00", "100.00")
    parts = [make_offer(idle, loan["id"], "9.00", "600.00"), make_offer(paying, loan["id"], "10.00", "400.00")]
    borrower.call("POST", f"/api/loans/{loan['id']}/accept-offers/", {"offer_ids": [each["id"] for each in parts]})
    fund(paying, loan["id"])
    clock.advance(days=1)

    released = ok(borrower.http.post(f"/api/loans/{loan['id']}/release/", key="release")).json

    assert (released["status"], released["accepted_amount"], released["funded_amount"]) == ("REQUESTED", "0.00", "0.00")
    assert (released["annual_interest_rate"], released["monthly_payment"]) == ("12.00", loan["monthly_payment"])
    assert [each["id"] for each in released["offers"]] == [left["id"]] == list(offers_of(borrower, loan["id"]))
    assert paying.balance() == "500.00"
    assert_ledger_balances(tables)
    again = ok(borrower.http.post(f"/api/loans/{loan['id']}/release/", key="release"))
    assert again.headers["idempotent-replayed"] == "true"
    whole = make_offer(user_factory.lender("1003.75"), loan["id"], "10.00")
    assert accept_offer(borrower, loan["id"], whole["id"])["status"] == "PENDING_FUNDING"


def test_released_request_keeps_its_expiry_date(
    borrower: User, user_factory: UserFactory, clock: FixedClock, container: Container
) -> None:
    loan = subscribed_loan(borrower, user_factory.lender())
    clock.advance(days=5)
    ok(borrower.http.post(f"/api/loans/{loan['id']}/release/"))
    clock.advance(days=24)
    container.lifecycle.expire_stale()
    assert borrower.call("GET", f"/api/loans/{loan['id']}/")["status"] == "REQUESTED"

    clock.advance(days=1)
    container.lifecycle.expire_stale()

    assert borrower.call("GET", f"/api/loans/{loan['id']}/")["status"] == "CANCELLED"


def test_release_requires_an_acceptance(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower)
    at = f"/api/loans/{loan['id']}/release/"
    part = make_offer(user_factory.lender(), loan["id"], "12.00", "400.00")
    problem(borrower.http.post(at), 409, "loan_not_releasable")

    accept_offer(borrower, loan["id"], part["id"])

    assert ok(borrower.http.post(at)).json["offers"] == []


def counters(container: Container, borrower: User) -> tuple[int, str]:
    wallet = container.wallets.balance_of(borrower.id)
    return wallet.open_requests, str(wallet.exposure)


def test_open_requests_are_limited(borrower: User, user_factory: UserFactory, container: Container) -> None:
    terms = {"amount": "1000.00", "annual_interest_rate": "12.00"}
    loans = [open_loan(borrower) for _ in range(3)]

    problem(borrower.http.post("/api/loans/", terms, key="fourth"), 409, "too_many_requests_open")

    assert counters(container, borrower) == (3, "3000.00")
    lender = user_factory.lender("1003.75")
    accept_offer(borrower, loans[0]["id"], make_offer(lender, loans[0]["id"])["id"])
    problem(borrower.http.post("/api/loans/", terms), 409, "too_many_requests_open")
    fund(lender, loans[0]["id"])
    assert counters(container, borrower) == (2, "3000.00")
    ok(borrower.http.post("/api/loans/", terms, key="fourth"))
    ok(borrower.http.post(f"/api/loans/{loans[1]['id']}/cancel/", key="cancel"))
    ok(borrower.http.post(f"/api/loans/{loans[1]['id']}/cancel/", key="cancel"))
    assert counters(container, borrower) == (2, "3000.00")


def test_expired_requests_are_not_counted(borrower: User, container: Container, clock: FixedClock) -> None:
    for _ in range(3):
        open_loan(borrower)
    clock.advance(days=30)

    container.lifecycle.expire_stale()

    assert counters(container, borrower) == (0, "0.00")
    open_loan(borrower)


def test_repaid_principal_frees_exposure(user_factory: UserFactory, container: Container) -> None:
    borrower = user_factory.borrower("100.00")
    loan = funded_loan(borrower, user_factory.lender("1003.75"))
    assert counters(container, borrower) == (0, "1000.00")

    paid = pay(borrower, loan["id"])

    assert counters(container, borrower) == (0, paid["loan"]["outstanding_principal"])
    pay(borrower, loan["id"], borrower.call("GET", f"/api/loans/{loan['id']}/payoff/")["amount"])
    assert counters(container, borrower) == (0, "0.00")


class TestExposureLimit:
    """A deployment that lends a borrower up to 2,500.00."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, max_borrower_exposure=Money.of("2500.00"))

    def test_requested_and_unpaid_principal_is_limited(
        self, user_factory: UserFactory, container: Container, clock: FixedClock
    ) -> None:
        borrower = user_factory.borrower("100.00")
        terms = {"amount": "1000.00", "annual_interest_rate": "12.00"}
        loan = funded_loan(borrower, user_factory.lender("1003.75"))
        open_loan(borrower, "500.01")

        found = problem(borrower.http.post("/api/loans/", terms), 409, "exposure_limit")

        assert (found["limit"], found["exposure"]) == ("2500.00", "1500.01")
        clock.advance(days=31)
        pay(borrower, loan["id"])
        ok(borrower.http.post("/api/loans/", terms))

    def test_defaulted_principal_stays_counted(
        self, user_factory: UserFactory, container: Container, clock: FixedClock
    ) -> None:
        borrower = user_factory.borrower()
        funded_loan(borrower, user_factory.lender("2003.75"), amount="2000.00")
        clock.advance(days=300)
        container.lifecycle.check_overdue()

        response = borrower.http.post("/api/loans/", {"amount": "500.01", "annual_interest_rate": "12.00"})

        assert problem(response, 409, "exposure_limit")["exposure"] == "2000.00"
        open_loan(borrower, "500.00")

    def test_amount_above_the_limit_is_rejected(self, borrower: User) -> None:
        open_loan(borrower, "200.00")
        terms = {"amount": "2500.01", "annual_interest_rate": "12.00"}

        assert problem(borrower.http.post("/api/loans/", terms), 409, "exposure_limit")["exposure"] == "200.00"
