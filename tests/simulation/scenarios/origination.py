"""Money comes and goes, loans are asked for, offered, covered, paid in and taken back."""

from collections.abc import Callable
from typing import Final

from chalicelib.shared.actor import Role
from tests.factories import make_offer, open_loan, subscribed_loan
from tests.simulation.clients import many_lenders, posting, requesting, two_lenders
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario

MANY: Final = 22


def _deposit(environment: Environment) -> Action:
    return posting(two_lenders(environment)[1], "/api/wallets/deposit/", {"amount": "12.34"})


def _withdraw(environment: Environment) -> Action:
    return posting(two_lenders(environment)[1], "/api/wallets/withdraw/", {"amount": "1999.99"})


def _request(environment: Environment) -> Action:
    body = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": 6}
    return posting(two_lenders(environment)[0], "/api/loans/", body)


def _offer(environment: Environment) -> Action:
    borrower, lender = two_lenders(environment)
    loan = open_loan(borrower)
    return posting(lender, f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "11.00"})


def withdraw_offer(environment: Environment, *, key: bool = True) -> Action:
    """A lender takes an offer back that nobody has accepted."""
    borrower, lender = two_lenders(environment)
    loan = open_loan(borrower)
    make_offer(lender, loan["id"])
    return requesting(lambda given: lender.http.delete(f"/api/loans/{loan['id']}/offer/", key=given), key=key)


def _accept(environment: Environment) -> Action:
    borrower, lender = two_lenders(environment)
    loan = open_loan(borrower)
    made = make_offer(lender, loan["id"])
    return posting(borrower, f"/api/loans/{loan['id']}/accept-offer/", {"offer_id": made["id"]})


def _fund(environment: Environment) -> Action:
    borrower, lender = two_lenders(environment)
    loan = subscribed_loan(borrower, lender)
    return posting(lender, f"/api/loans/{loan['id']}/fund/")


def _fund_one_of(parts: int, funded: int) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        loan_id, lenders = many_lenders(environment, environment.person(Role.BORROWER, "bob"), parts, funded=funded)
        return posting(lenders[funded], f"/api/loans/{loan_id}/fund/")

    return prepare


def cancel(parts: int, funded: int) -> Callable[[Environment], Action]:
    """A loan of equal parts is taken back, ``funded`` of them paid in."""

    def prepare(environment: Environment) -> Action:
        borrower = environment.person(Role.BORROWER, "bob")
        loan_id, _ = many_lenders(environment, borrower, parts, funded=funded)
        return posting(borrower, f"/api/loans/{loan_id}/cancel/")

    return prepare


ORIGINATION: Final = (
    Scenario("deposit", "POST /api/wallets/deposit", _deposit),
    Scenario("withdraw", "POST /api/wallets/withdraw", _withdraw),
    Scenario("request a loan", "POST /api/loans", _request),
    Scenario("offer", "POST /api/loans/{id}/offer", _offer),
    Scenario("withdraw an offer", "DELETE /api/loans/{id}/offer", withdraw_offer),
    Scenario("accept", "POST /api/loans/{id}/accept-offer", _accept),
    Scenario("fund, one lender", "POST /api/loans/{id}/fund", _fund),
    Scenario("fund, first of three", "POST /api/loans/{id}/fund", _fund_one_of(3, 0)),
    Scenario("fund, last of three", "POST /api/loans/{id}/fund", _fund_one_of(3, 2)),
    Scenario("fund, last of 22", "POST /api/loans/{id}/fund", _fund_one_of(MANY, MANY - 1)),
    Scenario("cancel, one has paid in", "POST /api/loans/{id}/cancel", cancel(1, 0)),
    Scenario("cancel, four of five have paid in", "POST /api/loans/{id}/cancel", cancel(5, 4)),
)
