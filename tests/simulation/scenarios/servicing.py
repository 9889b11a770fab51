"""Running loans are paid and rescheduled, rules are set and stopped, operators freeze accounts."""

from collections.abc import Callable
from typing import Final

from chalicelib.shared.actor import Role
from tests.factories import funded_loan, ok
from tests.simulation.clients import many_lenders, operator, posting, registered, requesting, two_lenders
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario
from tests.simulation.scenarios.auto_invest import RULE, placed, the_rule
from tests.simulation.scenarios.origination import MANY, withdraw_offer


def _pay(body: object, *, days: int = 0, key: bool = True) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        borrower, lender = two_lenders(environment, borrower_has="500.00")
        loan = funded_loan(borrower, lender)
        environment.clock.advance(days=days)
        return posting(borrower, f"/api/loans/{loan['id']}/pay/", body, key=key)

    return prepare


def pay_many(environment: Environment) -> Action:
    """A payment to more investors than one transaction serves."""
    borrower = environment.person(Role.BORROWER, "bob", "500.00")
    loan_id, _ = many_lenders(environment, borrower, MANY, funded=MANY)
    return posting(borrower, f"/api/loans/{loan_id}/pay/", {})


def _freeze(environment: Environment) -> Action:
    _, lender = two_lenders(environment)
    registered(environment, lender)
    return posting(operator(environment), f"/api/admin/users/{lender.id}/freeze/", {"reason": "asked by the court"})


def _unfreeze(environment: Environment) -> Action:
    _, lender = two_lenders(environment)
    registered(environment, lender)
    staff = operator(environment)
    ok(staff.http.post(f"/api/admin/users/{lender.id}/freeze/", {"reason": "a check"}))
    return posting(staff, f"/api/admin/users/{lender.id}/unfreeze/", {"reason": "all is well"})


def _reschedule(environment: Environment) -> Action:
    borrower, lender = two_lenders(environment)
    loan = funded_loan(borrower, lender)
    return posting(operator(environment), f"/api/admin/loans/{loan['id']}/reschedule/", {"remaining_terms": 9})


def _withdraw_placed(environment: Environment) -> Action:
    _, people, loan_id = placed(environment, 1, "1000.00")
    return requesting(lambda key: people[0].http.delete(f"/api/loans/{loan_id}/offer/", key=key))


def _stop_rule(environment: Environment) -> Action:
    _, people, _ = placed(environment, 1, "1000.00")
    path = f"/api/loans/auto-invest/{the_rule(environment)}/"
    return requesting(lambda key: people[0].http.patch(path, {"active": False}, key=key))


def _delete_rule(environment: Environment) -> Action:
    _, people, _ = placed(environment, 1, "1000.00")
    return requesting(lambda key: people[0].http.delete(f"/api/loans/auto-invest/{the_rule(environment)}/", key=key))


def _create_rule(environment: Environment) -> Action:
    return posting(two_lenders(environment)[1], "/api/loans/auto-invest/", RULE)


def _clear_cache(body: object) -> Callable[[Environment], Action]:
    return lambda environment: posting(operator(environment), "/api/admin/cache/invalidate/", body)


_RULES: Final = "/api/loans/auto-invest"
SERVICING: Final = (
    Scenario("pay an instalment", "POST /api/loans/{id}/pay", _pay({})),
    Scenario("prepay", "POST /api/loans/{id}/pay", _pay({"amount": "400.00"})),
    Scenario("pay late", "POST /api/loans/{id}/pay", _pay({}, days=45)),
    Scenario("pay, 22 investors", "POST /api/loans/{id}/pay", pay_many),
    Scenario("freeze", "POST /api/admin/users/{id}/freeze", _freeze),
    Scenario("unfreeze", "POST /api/admin/users/{id}/unfreeze", _unfreeze),
    Scenario("reschedule", "POST /api/admin/loans/{id}/reschedule", _reschedule),
    Scenario("create a rule", f"POST {_RULES}", _create_rule),
    Scenario("stop a rule", f"PATCH {_RULES}/{{rule_id}}", _stop_rule, settles=True),
    Scenario("delete a rule", f"DELETE {_RULES}/{{rule_id}}", _delete_rule, settles=True),
    Scenario("withdraw a rule's offer", "DELETE /api/loans/{id}/offer", _withdraw_placed),
    Scenario("clear the cache", "POST /api/admin/cache/invalidate", _clear_cache({"scope": "all"})),
)
WITHOUT_KEY: Final = (
    Scenario("withdraw an offer without a key", "DELETE /api/loans/{id}/offer", lambda w: withdraw_offer(w, key=False)),
    Scenario("pay without a key", "POST /api/loans/{id}/pay", _pay({}, key=False)),
    Scenario(
        "deposit without a key",
        "POST /api/wallets/deposit",
        lambda w: posting(two_lenders(w)[1], "/api/wallets/deposit/", {"amount": "5"}, key=False),
    ),
    Scenario(
        "withdraw without a key",
        "POST /api/wallets/withdraw",
        lambda w: posting(two_lenders(w)[1], "/api/wallets/withdraw/", {"amount": "5"}, key=False),
    ),
)
