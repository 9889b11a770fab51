"""Loans with auto-invest rules and the offers that these make."""

from collections.abc import Sequence
from typing import Any, Final

from chalicelib.shared.actor import Role
from tests.factories import User, ok, open_loan
from tests.simulation.environment import Environment
from tests.stored_state import rule_items

RULE: Final[dict[str, Any]] = {
    "amount_per_loan": "400.00",
    "min_rate": "5.00",
    "max_term": 12,
    "max_exposure": "1000.00",
}


def with_rules(
    environment: Environment, lenders: int, amount: str = "1000.00", *, lender_balance: str = "900.00"
) -> tuple[User, list[User], str]:
    """Create lenders with a rule each, and an open loan that the rules match; they have not been matched yet."""
    lender_users = [environment.user(Role.LENDER, f"lender{number}", lender_balance) for number in range(lenders)]
    for lender in lender_users:
        ok(lender.http.post("/api/loans/auto-invest/", RULE))
    environment.settle()
    borrower = environment.user(Role.BORROWER, "bob")
    loan_id = open_loan(borrower, amount=amount)["id"]
    return borrower, lender_users, loan_id


def placed_offers(environment: Environment, lenders: int, amount: str) -> tuple[User, Sequence[User], str]:
    """As `with_rules`, after the rules have made their offers."""
    borrower, lender_users, loan_id = with_rules(environment, lenders, amount)
    environment.settle()
    return borrower, lender_users, loan_id


def offers_on(environment: Environment, loan_id: str) -> list[str]:
    """Return the ids of the offers on a loan."""
    items = environment.storage.items("loans")
    offers = [item for item in items if item["sk"]["S"].startswith("OFFER#") and item["loan_id"]["S"] == loan_id]
    return [item["offer_id"]["S"] for item in offers]


def rule_id(environment: Environment) -> str:
    """Return the id of the only rule."""
    [rule] = rule_items(environment.storage.items("loans"))
    return str(rule["rule_id"]["S"])
