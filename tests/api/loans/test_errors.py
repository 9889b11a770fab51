"""409: the state of the loan forbids it, and a rejected request changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import container as wiring
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from chalicelib.wallets.repository import WalletRepository
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
from tests.stored_state import assert_ledger_balances

TABLES = ("wallets", "ledger", "loans", "operations")


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower()


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("1003.75")


@pytest.fixture
def refused(tables: Storage) -> Callable[..., Any]:
    """Asserts that an attempt is refused with this code, twice alike, and leaves every table as it was."""

    def check(code: str, attempt: Callable[[], Response], *, status: int = 409) -> Any:
        before = {name: tables.items(name) for name in TABLES}

        answers = [attempt(), attempt()]

        assert {name: tables.items(name) for name in TABLES} == before
        found = [problem(answer, status, code) for answer in answers]
        assert found[0] == found[1]
        return found[0]

    return check


def freeze(container: wiring.Container, person: User, *, frozen: bool = True) -> None:
    """Freeze a wallet as the operators' feature does."""
    writes = WalletRepository(container.database, platform_shards=1).writes()
    container.wallets.add_freeze(writes, person.id, frozen=frozen)
    writes.commit()


def at(loan: Any, call: str) -> str:
    return f"/api/loans/{loan['id']}/{call}/"


def fund(lender: User, loan: Any, key: str | None = None) -> Callable[[], Response]:
    return lambda: lender.http.post(at(loan, "fund"), key=key)


def test_withdrawal_above_balance_is_rejected(lender: User, refused: Callable[..., Any]) -> None:
    told = refused(
        "insufficient_funds",
        lambda: lender.http.post("/api/wallets/withdraw/", {"amount": "1003.76"}, key="too-much"),
    )

    assert (told["needed"], told["available"], told["missing"]) == ("1003.76", "1003.75", "0.01")
    ok(lender.http.post("/api/wallets/withdraw/", {"amount": "1003.75"}))
    assert lender.balance() == "0.00"


def test_funding_requires_principal_and_fee(
    borrower: User, user_factory: UserFactory, refused: Callable[..., Any]
) -> None:
    lender = user_factory.lender("1003.74")
    loan = subscribed_loan(borrower, lender, amount="1000.00")

    told = refused("insufficient_funds", fund(lender, loan, key="early"))
    assert (told["needed"], told["missing"]) == ("1003.75", "0.01")

    ok(lender.http.post("/api/wallets/deposit/", {"amount": "0.01"}))
    assert ok(fund(lender, loan, key="early")()).json["status"] == "FUNDED"
    assert lender.balance() == "0.00"


def test_a_loan_is_funded_once(borrower: User, lender: User, refused: Callable[..., Any]) -> None:
    loan = funded_loan(borrower, lender)

    refused("already_funded", fund(lender, loan, key="another"))


def test_an_offer_must_be_accepted_before_it_is_funded(
    borrower: User, lender: User, refused: Callable[..., Any]
) -> None:
    loan = open_loan(borrower)
    refused("loan_not_ready", fund(lender, loan))

    make_offer(lender, loan["id"])

    refused("loan_not_ready", fund(lender, loan))


def test_part_cannot_be_funded_before_full_subscription(
    borrower: User, lender: User, refused: Callable[..., Any]
) -> None:
    loan = open_loan(borrower, "1000.00")
    accept_offer(borrower, loan["id"], make_offer(lender, loan["id"], amount="999.99")["id"])

    refused("loan_not_ready", fund(lender, loan))


def test_lender_makes_one_offer_per_loan(borrower: User, lender: User, refused: Callable[..., Any]) -> None:
    loan = open_loan(borrower)
    make_offer(lender, loan["id"], "11.00")

    refused(
        "offer_exists",
        lambda: lender.http.post(at(loan, "offer"), {"annual_interest_rate": "10.00"}, key="lower"),
    )


def test_fully_subscribed_loan_rejects_offers_and_acceptances(
    borrower: User, lender: User, user_factory: UserFactory, refused: Callable[..., Any]
) -> None:
    loan = open_loan(borrower)
    late = user_factory.lender()
    other = make_offer(late, loan["id"], "9.00")
    accept_offer(borrower, loan["id"], make_offer(lender, loan["id"])["id"])
    third = user_factory.lender()

    refused("loan_not_open", lambda: third.http.post(at(loan, "offer"), {"annual_interest_rate": "8.00"}))
    refused("loan_not_open", lambda: borrower.http.post(at(loan, "accept-offer"), {"offer_id": other["id"]}))


def test_accepted_offer_cannot_be_accepted_again_or_withdrawn(
    borrower: User, lender: User, refused: Callable[..., Any]
) -> None:
    loan = open_loan(borrower, "1000.00")
    part = make_offer(lender, loan["id"], amount="400.00")
    accept_offer(borrower, loan["id"], part["id"])

    refused("offer_accepted", lambda: borrower.http.post(at(loan, "accept-offer"), {"offer_id": part["id"]}))
    refused("offer_accepted", lambda: lender.http.delete(at(loan, "offer")))


def test_an_offer_of_another_loan_is_not_found(borrower: User, lender: User, refused: Callable[..., Any]) -> None:
    loan, other = open_loan(borrower), open_loan(borrower)
    elsewhere = make_offer(lender, other["id"])

    refused(
        "offer_not_found",
        lambda: borrower.http.post(at(loan, "accept-offer"), {"offer_id": elsewhere["id"]}),
        status=404,
    )
    refused("offer_not_found", lambda: lender.http.delete(at(loan, "offer")), status=404)


def test_unfunded_loan_has_no_schedule_or_payments(borrower: User, lender: User, refused: Callable[..., Any]) -> None:
    for loan in (open_loan(borrower), subscribed_loan(borrower, lender)):
        refused("loan_not_active", lambda loan=loan: borrower.http.post(at(loan, "pay"), key="early"))
        refused("loan_not_active", lambda loan=loan: borrower.http.get(at(loan, "payoff")))
        refused("loan_not_active", lambda loan=loan: borrower.http.get(at(loan, "schedule")))


def test_completed_loan_rejects_payment_and_cancellation(
    user_factory: UserFactory, lender: User, refused: Callable[..., Any]
) -> None:
    borrower = user_factory.borrower("100.00")
    loan = funded_loan(borrower, lender, months=1)
    assert pay(borrower, loan["id"])["loan"]["status"] == "COMPLETED"

    refused("loan_not_active", lambda: borrower.http.post(at(loan, "pay"), key="again"))
    refused("loan_not_active", lambda: borrower.http.get(at(loan, "payoff")))
    refused("loan_not_cancellable", lambda: borrower.http.post(at(loan, "cancel")))
    refused("already_funded", fund(lender, loan))


def test_funded_or_cancelled_loan_cannot_be_cancelled(
    borrower: User, lender: User, user_factory: UserFactory, refused: Callable[..., Any]
) -> None:
    funded = funded_loan(borrower, lender)
    refused("loan_not_cancellable", lambda: borrower.http.post(at(funded, "cancel")))

    covered = subscribed_loan(borrower, lender)
    ok(borrower.http.post(at(covered, "cancel")))

    refused("loan_not_cancellable", lambda: borrower.http.post(at(covered, "cancel"), key="again"))
    refused("loan_not_ready", fund(lender, covered))
    another = user_factory.lender()
    refused("loan_not_open", lambda: another.http.post(at(covered, "offer"), {"annual_interest_rate": "1.00"}))


def test_payment_above_balance_is_rejected(borrower: User, lender: User, refused: Callable[..., Any]) -> None:
    loan = funded_loan(borrower, lender)
    ok(borrower.http.post("/api/wallets/withdraw/", {"amount": "900.00"}))

    told = refused("insufficient_funds", lambda: borrower.http.post(at(loan, "pay"), key="poor"))

    assert (told["needed"], told["available"]) == ("172.55", "100.00")
    assert pay(borrower, loan["id"], "100.00")["payment"]["amount"] == "100.00"


def test_payment_above_the_payoff_is_rejected(
    user_factory: UserFactory, lender: User, clock: FixedClock, refused: Callable[..., Any]
) -> None:
    borrower = user_factory.borrower("2000.00")
    loan = funded_loan(borrower, lender)
    clock.advance(days=10)
    payoff = ok(borrower.http.get(at(loan, "payoff"))).json["amount"]

    told = refused(
        "exceeds_payoff",
        lambda: borrower.http.post(at(loan, "pay"), {"amount": "1003.24"}, key="much"),
    )

    assert told["payoff_amount"] == payoff == "1003.23"


def test_frozen_account_allows_credits_only(
    user_factory: UserFactory, container: wiring.Container, tables: Storage, refused: Callable[..., Any]
) -> None:
    borrower, lender = user_factory.borrower("500.00"), user_factory.lender("5000.00")
    running = funded_loan(borrower, lender)
    covered = subscribed_loan(borrower, lender)
    freeze(container, borrower)
    freeze(container, lender)

    refused("account_frozen", lambda: lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}))
    refused("account_frozen", fund(lender, covered))
    refused("account_frozen", lambda: borrower.http.post(at(running, "pay"), key="frozen"))

    ok(borrower.http.post("/api/wallets/deposit/", {"amount": "1.00"}))
    freeze(container, borrower, frozen=False)
    before = Money.of(lender.balance())
    pay(borrower, running["id"])
    assert Money.of(lender.balance()) == before + Money.of("172.55")
    assert_ledger_balances(tables)


def test_a_wallet_can_be_frozen_before_its_first_credit(
    user_factory: UserFactory, container: wiring.Container, refused: Callable[..., Any]
) -> None:
    lender = user_factory.lender()
    freeze(container, lender)

    refused("account_frozen", lambda: lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}))
    ok(lender.http.post("/api/wallets/deposit/", {"amount": "5.00"}))
    refused("account_frozen", lambda: lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}))
    assert lender.balance() == "5.00"
