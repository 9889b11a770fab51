"""Scenarios of deposits, withdrawals and loan origination."""

from collections.abc import Callable
from typing import Final

from chalicelib.shared.actor import Role
from tests.factories import make_offer, open_loan, subscribed_loan
from tests.simulation.clients import borrower_and_lender, delete_action, loan_in_parts, post_action
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario

MANY: Final = 22


def _deposit(environment: Environment) -> Action:
    return post_action(borrower_and_lender(environment)[1], "/api/wallets/deposit/", {"amount": "12.34"})


def _withdraw(environment: Environment) -> Action:
    return post_action(borrower_and_lender(environment)[1], "/api/wallets/withdraw/", {"amount": "1999.99"})


def _request(environment: Environment) -> Action:
    body = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": 6}
    return post_action(borrower_and_lender(environment)[0], "/api/loans/", body)


def _offer(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment)
    loan = open_loan(borrower)
    return post_action(lender, f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "11.00"})


def withdraw_offer(environment: Environment, *, key: bool = True) -> Action:
    """Return the action that withdraws an offer."""
    borrower, lender = borrower_and_lender(environment)
    loan = open_loan(borrower)
    make_offer(lender, loan["id"])
    return delete_action(lender, f"/api/loans/{loan['id']}/offer/", key=key)


def _accept(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment)
    loan = open_loan(borrower)
    offer = make_offer(lender, loan["id"])
    return post_action(borrower, f"/api/loans/{loan['id']}/accept-offer/", {"offer_id": offer["id"]})


def _accept_several(environment: Environment) -> Action:
    borrower = environment.user(Role.BORROWER, "bob")
    loan = open_loan(borrower)
    lenders = [environment.user(Role.LENDER, f"lender{number}") for number in range(3)]
    offers = [make_offer(lender, loan["id"], "11.00", "400.00")["id"] for lender in lenders]
    return post_action(borrower, f"/api/loans/{loan['id']}/accept-offers/", {"offer_ids": offers, "max_rate": "11.00"})


def _fund(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment)
    loan = subscribed_loan(borrower, lender)
    return post_action(lender, f"/api/loans/{loan['id']}/fund/")


def _fund_one_of(parts: int, funded: int) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        loan_id, lenders = loan_in_parts(environment, environment.user(Role.BORROWER, "bob"), parts, funded=funded)
        return post_action(lenders[funded], f"/api/loans/{loan_id}/fund/")

    return prepare


def unwind(call: str, parts: int, funded: int) -> Callable[[Environment], Action]:
    """Return the preparation of ``cancel`` or ``release``, with ``funded`` of the loan's equal parts funded."""

    def prepare(environment: Environment) -> Action:
        borrower = environment.user(Role.BORROWER, "bob")
        loan_id, _ = loan_in_parts(environment, borrower, parts, funded=funded)
        return post_action(borrower, f"/api/loans/{loan_id}/{call}/")

    return prepare


ORIGINATION: Final = (
    Scenario("deposit", "POST /api/wallets/deposit", _deposit),
    Scenario("withdraw", "POST /api/wallets/withdraw", _withdraw),
    Scenario("request a loan", "POST /api/loans", _request),
    Scenario("offer", "POST /api/loans/{id}/offer", _offer),
    Scenario("withdraw an offer", "DELETE /api/loans/{id}/offer", withdraw_offer),
    Scenario("accept", "POST /api/loans/{id}/accept-offer", _accept),
    Scenario("accept three offers", "POST /api/loans/{id}/accept-offers", _accept_several),
    Scenario("fund, one lender", "POST /api/loans/{id}/fund", _fund),
    Scenario("fund, first of three", "POST /api/loans/{id}/fund", _fund_one_of(3, 0)),
    Scenario("fund, last of three", "POST /api/loans/{id}/fund", _fund_one_of(3, 2)),
    Scenario("fund, last of 22", "POST /api/loans/{id}/fund", _fund_one_of(MANY, MANY - 1)),
    Scenario("cancel, one part", "POST /api/loans/{id}/cancel", unwind("cancel", 1, 0)),
    Scenario("cancel, four of five funded", "POST /api/loans/{id}/cancel", unwind("cancel", 5, 4)),
    Scenario("release, two of three funded", "POST /api/loans/{id}/release", unwind("release", 3, 2)),
    Scenario("release, two of 26 funded", "POST /api/loans/{id}/release", unwind("release", 26, 2)),
)
