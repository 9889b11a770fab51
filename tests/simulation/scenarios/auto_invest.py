"""Rules of lenders, and what they place."""

from collections.abc import Sequence
from typing import Any, Final

from chalicelib.shared.actor import Role
from tests.factories import User, ok, open_loan
from tests.simulation.environment import Environment

RULE: Final[dict[str, Any]] = {
    "amount_per_loan": "400.00",
    "min_rate": "5.00",
    "max_term": 12,
    "max_exposure": "1000.00",
}


def with_rules(
    environment: Environment, lenders: int, amount: str = "1000.00", *, lender_has: str = "900.00"
) -> tuple[User, list[User], str]:
    """Lenders with a rule each, and a request that they take; nothing is placed yet."""
    people = [environment.person(Role.LENDER, f"lender{number}", lender_has) for number in range(lenders)]
    for person in people:
        ok(person.http.post("/api/loans/auto-invest/", RULE))
    environment.settle()
    borrower = environment.person(Role.BORROWER, "bob")
    loan_id = open_loan(borrower, amount=amount)["id"]
    return borrower, people, loan_id


def placed(environment: Environment, lenders: int, amount: str) -> tuple[User, Sequence[User], str]:
    """As `with_rules`, and the rules have placed their offers."""
    borrower, people, loan_id = with_rules(environment, lenders, amount)
    environment.settle()
    return borrower, people, loan_id


def offers_on(environment: Environment, loan_id: str) -> list[str]:
    """The ids of the offers on a loan."""
    items = environment.storage.items("loans")
    offers = [item for item in items if item["sk"]["S"].startswith("OFFER#") and item["loan_id"]["S"] == loan_id]
    return [item["offer_id"]["S"] for item in offers]


def the_rule(environment: Environment) -> str:
    """The id of the one rule."""
    [rule] = [item for item in environment.storage.items("loans") if item["sk"]["S"].startswith("RULE#")]
    return str(rule["sk"]["S"].removeprefix("RULE#"))
