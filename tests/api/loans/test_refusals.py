"""409: the state forbids it. Whoever is refused has changed nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import container as wiring
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from chalicelib.wallets.repository import WalletRepository
from tests.books import assert_books_balance
from tests.engines import Storage
from tests.http_client import Answer
from tests.lending import a_funded_loan, accept, an_accepted_loan, offer, pay, request_loan
from tests.newcomers import Newcomers
from tests.people import Person, ok
from tests.problems import problem

TABLES = ("wallets", "ledger", "loans", "operations")


@pytest.fixture
def borrower(newcomers: Newcomers) -> Person:
    return newcomers.borrower()


@pytest.fixture
def lender(newcomers: Newcomers) -> Person:
    return newcomers.lender("1003.75")


@pytest.fixture
def refused(tables: Storage) -> Callable[..., Any]:
    """Asserts that an attempt is refused with this code, twice alike, and leaves every table as it was."""

    def check(code: str, attempt: Callable[[], Answer], *, status: int = 409) -> Any:
        before = {name: tables.items(name) for name in TABLES}

        answers = [attempt(), attempt()]

        assert {name: tables.items(name) for name in TABLES} == before
        found = [problem(answer, status, code) for answer in answers]
        assert found[0] == found[1]
        return found[0]

    return check


def freeze(container: wiring.Container, person: Person, *, frozen: bool = True) -> None:
    """Freeze a wallet as the operators' feature does."""
    writes = WalletRepository(container.database, platform_shards=1).writes()
    container.wallets.add_freeze(writes, person.id, frozen=frozen)
    writes.commit()


def at(loan: Any, call: str) -> str:
    return f"/api/loans/{loan['id']}/{call}/"


def fund(lender: Person, loan: Any, key: str | None = None) -> Callable[[], Answer]:
    return lambda: lender.http.post(at(loan, "fund"), key=key)


def test_a_withdrawal_takes_what_is_there_and_not_a_cent_more(lender: Person, refused: Callable[..., Any]) -> None:
    told = refused(
        "insufficient_funds",
        lambda: lender.http.post("/api/wallets/withdraw/", {"amount": "1003.76"}, key="too-much"),
    )

    assert (told["needed"], told["available"], told["missing"]) == ("1003.76", "1003.75", "0.01")
    ok(lender.http.post("/api/wallets/withdraw/", {"amount": "1003.75"}))
    assert lender.balance() == "0.00"


def test_funding_needs_the_principal_and_the_fee(
    borrower: Person, newcomers: Newcomers, refused: Callable[..., Any]
) -> None:
    lender = newcomers.lender("1003.74")
    loan = an_accepted_loan(borrower, lender, amount="1000.00")

    told = refused("insufficient_funds", fund(lender, loan, key="early"))
    assert (told["needed"], told["missing"]) == ("1003.75", "0.01")

    ok(lender.http.post("/api/wallets/deposit/", {"amount": "0.01"}))
    assert ok(fund(lender, loan, key="early")()).json["status"] == "FUNDED"
    assert lender.balance() == "0.00"


def test_a_loan_is_funded_once(borrower: Person, lender: Person, refused: Callable[..., Any]) -> None:
    loan = a_funded_loan(borrower, lender)

    refused("already_funded", fund(lender, loan, key="another"))


def test_an_offer_must_be_accepted_before_it_is_funded(
    borrower: Person, lender: Person, refused: Callable[..., Any]
) -> None:
    loan = request_loan(borrower)
    refused("loan_not_ready", fund(lender, loan))

    offer(lender, loan["id"])

    refused("loan_not_ready", fund(lender, loan))


def test_a_part_is_not_funded_before_the_whole_amount_is_covered(
    borrower: Person, lender: Person, refused: Callable[..., Any]
) -> None:
    loan = request_loan(borrower, "1000.00")
    accept(borrower, loan["id"], offer(lender, loan["id"], amount="999.99")["id"])

    refused("loan_not_ready", fund(lender, loan))


def test_a_lender_offers_once_on_a_loan(borrower: Person, lender: Person, refused: Callable[..., Any]) -> None:
    loan = request_loan(borrower)
    offer(lender, loan["id"], "11.00")

    refused(
        "offer_exists",
        lambda: lender.http.post(at(loan, "offer"), {"annual_interest_rate": "10.00"}, key="lower"),
    )


def test_a_covered_loan_takes_no_offers_and_no_acceptances(
    borrower: Person, lender: Person, newcomers: Newcomers, refused: Callable[..., Any]
) -> None:
    loan = request_loan(borrower)
    late = newcomers.lender()
    other = offer(late, loan["id"], "9.00")
    accept(borrower, loan["id"], offer(lender, loan["id"])["id"])
    third = newcomers.lender()

    refused("loan_not_open", lambda: third.http.post(at(loan, "offer"), {"annual_interest_rate": "8.00"}))
    refused("loan_not_open", lambda: borrower.http.post(at(loan, "accept-offer"), {"offer_id": other["id"]}))


def test_an_accepted_offer_is_not_accepted_again_and_not_withdrawn(
    borrower: Person, lender: Person, refused: Callable[..., Any]
) -> None:
    loan = request_loan(borrower, "1000.00")
    part = offer(lender, loan["id"], amount="400.00")
    accept(borrower, loan["id"], part["id"])

    refused("offer_accepted", lambda: borrower.http.post(at(loan, "accept-offer"), {"offer_id": part["id"]}))
    refused("offer_accepted", lambda: lender.http.delete(at(loan, "offer")))


def test_an_offer_of_another_loan_is_not_found(borrower: Person, lender: Person, refused: Callable[..., Any]) -> None:
    loan, other = request_loan(borrower), request_loan(borrower)
    elsewhere = offer(lender, other["id"])

    refused(
        "offer_not_found",
        lambda: borrower.http.post(at(loan, "accept-offer"), {"offer_id": elsewhere["id"]}),
        status=404,
    )
    refused("offer_not_found", lambda: lender.http.delete(at(loan, "offer")), status=404)


def test_nothing_is_paid_and_no_schedule_exists_before_the_funding(
    borrower: Person, lender: Person, refused: Callable[..., Any]
) -> None:
    for loan in (request_loan(borrower), an_accepted_loan(borrower, lender)):
        refused("loan_not_active", lambda loan=loan: borrower.http.post(at(loan, "pay"), key="early"))
        refused("loan_not_active", lambda loan=loan: borrower.http.get(at(loan, "payoff")))
        refused("loan_not_active", lambda loan=loan: borrower.http.get(at(loan, "schedule")))


def test_a_completed_loan_takes_no_payment_and_is_not_cancelled(
    newcomers: Newcomers, lender: Person, refused: Callable[..., Any]
) -> None:
    borrower = newcomers.borrower("100.00")
    loan = a_funded_loan(borrower, lender, months=1)
    assert pay(borrower, loan["id"])["loan"]["status"] == "COMPLETED"

    refused("loan_not_active", lambda: borrower.http.post(at(loan, "pay"), key="again"))
    refused("loan_not_active", lambda: borrower.http.get(at(loan, "payoff")))
    refused("loan_not_cancellable", lambda: borrower.http.post(at(loan, "cancel")))
    refused("already_funded", fund(lender, loan))


def test_a_funded_loan_is_not_cancelled_and_a_cancelled_one_stays_so(
    borrower: Person, lender: Person, newcomers: Newcomers, refused: Callable[..., Any]
) -> None:
    funded = a_funded_loan(borrower, lender)
    refused("loan_not_cancellable", lambda: borrower.http.post(at(funded, "cancel")))

    covered = an_accepted_loan(borrower, lender)
    ok(borrower.http.post(at(covered, "cancel")))

    refused("loan_not_cancellable", lambda: borrower.http.post(at(covered, "cancel"), key="again"))
    refused("loan_not_ready", fund(lender, covered))
    another = newcomers.lender()
    refused("loan_not_open", lambda: another.http.post(at(covered, "offer"), {"annual_interest_rate": "1.00"}))


def test_a_payment_needs_the_money(borrower: Person, lender: Person, refused: Callable[..., Any]) -> None:
    loan = a_funded_loan(borrower, lender)
    ok(borrower.http.post("/api/wallets/withdraw/", {"amount": "900.00"}))

    told = refused("insufficient_funds", lambda: borrower.http.post(at(loan, "pay"), key="poor"))

    assert (told["needed"], told["available"]) == ("172.55", "100.00")
    assert pay(borrower, loan["id"], "100.00")["payment"]["amount"] == "100.00"


def test_more_than_the_payoff_is_refused_and_the_payoff_is_told(
    newcomers: Newcomers, lender: Person, clock: FixedClock, refused: Callable[..., Any]
) -> None:
    borrower = newcomers.borrower("2000.00")
    loan = a_funded_loan(borrower, lender)
    clock.advance(days=10)
    payoff = ok(borrower.http.get(at(loan, "payoff"))).json["amount"]

    told = refused(
        "exceeds_payoff",
        lambda: borrower.http.post(at(loan, "pay"), {"amount": "1003.24"}, key="much"),
    )

    assert told["payoff_amount"] == payoff == "1003.23"


def test_a_frozen_account_pays_nothing_out_and_takes_money_in(
    newcomers: Newcomers, container: wiring.Container, tables: Storage, refused: Callable[..., Any]
) -> None:
    borrower, lender = newcomers.borrower("500.00"), newcomers.lender("5000.00")
    running = a_funded_loan(borrower, lender)
    covered = an_accepted_loan(borrower, lender)
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
    assert_books_balance(tables)


def test_a_wallet_can_be_frozen_before_its_first_credit(
    newcomers: Newcomers, container: wiring.Container, refused: Callable[..., Any]
) -> None:
    lender = newcomers.lender()
    freeze(container, lender)

    refused("account_frozen", lambda: lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}))
    ok(lender.http.post("/api/wallets/deposit/", {"amount": "5.00"}))
    refused("account_frozen", lambda: lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}))
    assert lender.balance() == "5.00"
