"""Scenarios of payments, auto-invest rules and operators' changes."""

from collections.abc import Callable, Mapping
from typing import Final

from chalicelib.shared.actor import Role
from tests.factories import funded_loan, ok
from tests.simulation.clients import (
    borrower_and_lender,
    create_account,
    delete_action,
    loan_in_parts,
    operator,
    post_action,
    request_action,
)
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario
from tests.simulation.scenarios.auto_invest import RULE, placed_offers, rule_id
from tests.simulation.scenarios.origination import MANY, withdraw_offer

_GROUNDS: Final = {"reason": "loss of income", "ground": "distressed"}


def _pay(body: object, *, days: int = 0, key: bool = True) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        borrower, lender = borrower_and_lender(environment, borrower_balance="500.00")
        loan = funded_loan(borrower, lender)
        environment.clock.advance(days=days)
        return post_action(borrower, f"/api/loans/{loan['id']}/pay/", body, key=key)

    return prepare


def _autopay(method: str) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        borrower, lender = borrower_and_lender(environment)
        path = f"/api/loans/{funded_loan(borrower, lender)['id']}/autopay/"
        if method == "DELETE":
            borrower.call("PUT", path)
        return request_action(lambda idempotency_key: borrower.http.send(method, path, key=idempotency_key))

    return prepare


def pay_many(environment: Environment, *, closes: bool = False) -> Action:
    """Return the action of a payment (or the payoff) to more lenders than one transaction can credit."""
    borrower = environment.user(Role.BORROWER, "bob", "500.00")
    loan_id, _ = loan_in_parts(environment, borrower, MANY, funded=MANY)
    body = ok(borrower.http.get(f"/api/loans/{loan_id}/payoff/")).json if closes else {}
    return post_action(borrower, f"/api/loans/{loan_id}/pay/", {"amount": body["amount"]} if closes else {})


def _close_in_part_earned(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment, borrower_balance="500.00")
    loan = funded_loan(borrower, lender)
    environment.clock.advance(days=5)
    amount = ok(borrower.http.get(f"/api/loans/{loan['id']}/payoff/")).json["amount"]
    return post_action(borrower, f"/api/loans/{loan['id']}/pay/", {"amount": amount})


def _freeze(environment: Environment) -> Action:
    _, lender = borrower_and_lender(environment)
    create_account(environment, lender)
    return post_action(operator(environment), f"/api/admin/users/{lender.id}/freeze/", {"reason": "a court order"})


def _unfreeze(environment: Environment) -> Action:
    _, lender = borrower_and_lender(environment)
    create_account(environment, lender)
    staff = operator(environment)
    ok(staff.http.post(f"/api/admin/users/{lender.id}/freeze/", {"reason": "a check"}))
    return post_action(staff, f"/api/admin/users/{lender.id}/unfreeze/", {"reason": "no finding"})


def _reschedule(terms: Mapping[str, object]) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        borrower, lender = borrower_and_lender(environment)
        loan = funded_loan(borrower, lender)
        environment.clock.advance(days=10)
        path = f"/api/admin/loans/{loan['id']}/reschedule/"
        return post_action(operator(environment), path, {**terms, **_GROUNDS})

    return prepare


def _accept_reschedule(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment)
    loan = funded_loan(borrower, lender)
    terms = {"remaining_terms": 9, **_GROUNDS}
    proposed = ok(operator(environment).http.post(f"/api/admin/loans/{loan['id']}/reschedule/", terms)).json
    body = {"proposal_id": proposed["proposal"]["id"]}
    return post_action(borrower, f"/api/loans/{loan['id']}/reschedule/accept/", body)


def _withdraw_rule_offer(environment: Environment) -> Action:
    _, users, loan_id = placed_offers(environment, 1, "1000.00")
    return delete_action(users[0], f"/api/loans/{loan_id}/offer/")


def _stop_rule(environment: Environment) -> Action:
    _, users, _ = placed_offers(environment, 1, "1000.00")
    path = f"/api/loans/auto-invest/{rule_id(environment)}/"
    return request_action(lambda idempotency_key: users[0].http.patch(path, {"active": False}, key=idempotency_key))


def _delete_rule(environment: Environment) -> Action:
    _, users, _ = placed_offers(environment, 1, "1000.00")
    return delete_action(users[0], f"/api/loans/auto-invest/{rule_id(environment)}/")


def _create_rule(environment: Environment) -> Action:
    return post_action(borrower_and_lender(environment)[1], "/api/loans/auto-invest/", RULE)


def _clear_cache(body: object) -> Callable[[Environment], Action]:
    return lambda environment: post_action(operator(environment), "/api/admin/cache/invalidate/", body)


def _advance_clock(environment: Environment) -> Action:
    return post_action(operator(environment), "/api/sandbox/clock/advance/", {"days": 3})


def _move_without_key(kind: str) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        _, lender = borrower_and_lender(environment)
        return post_action(lender, f"/api/wallets/{kind}/", {"amount": "5"}, key=False)

    return prepare


_RULES: Final = "/api/loans/auto-invest"
SERVICING: Final = (
    Scenario("pay an instalment", "POST /api/loans/{id}/pay", _pay({})),
    Scenario("prepay", "POST /api/loans/{id}/pay", _pay({"amount": "400.00"})),
    Scenario("pay principal", "POST /api/loans/{id}/pay", _pay({"amount": "400.00", "apply_to": "principal"})),
    Scenario("recover", "POST /api/loans/{id}/pay", _pay({"amount": "400.00"}, days=200)),
    Scenario("pay late", "POST /api/loans/{id}/pay", _pay({}, days=45)),
    Scenario("pay, 22 lenders", "POST /api/loans/{id}/pay", pay_many),
    Scenario("close with a refund", "POST /api/loans/{id}/pay", _close_in_part_earned),
    Scenario(
        "close with refunds, 22 lenders",
        "POST /api/loans/{id}/pay",
        lambda environment: pay_many(environment, closes=True),
    ),
    Scenario("turn autopay on", "PUT /api/loans/{id}/autopay", _autopay("PUT")),
    Scenario("turn autopay off", "DELETE /api/loans/{id}/autopay", _autopay("DELETE")),
    Scenario("freeze", "POST /api/admin/users/{id}/freeze", _freeze),
    Scenario("unfreeze", "POST /api/admin/users/{id}/unfreeze", _unfreeze),
    Scenario("reschedule", "POST /api/admin/loans/{id}/reschedule", _reschedule({"annual_interest_rate": "5.00"})),
    Scenario("propose a reschedule", "POST /api/admin/loans/{id}/reschedule", _reschedule({"holiday_months": 2})),
    Scenario("accept a reschedule", "POST /api/loans/{id}/reschedule/accept", _accept_reschedule),
    Scenario("create a rule", f"POST {_RULES}", _create_rule),
    Scenario("stop a rule", f"PATCH {_RULES}/{{rule_id}}", _stop_rule, settles_first=True),
    Scenario("delete a rule", f"DELETE {_RULES}/{{rule_id}}", _delete_rule, settles_first=True),
    Scenario("withdraw a rule's offer", "DELETE /api/loans/{id}/offer", _withdraw_rule_offer),
    Scenario("clear the cache", "POST /api/admin/cache/invalidate", _clear_cache({"scope": "all"})),
    Scenario("advance the clock", "POST /api/sandbox/clock/advance", _advance_clock),
)
WITHOUT_KEY: Final = (
    Scenario(
        "withdraw an offer without a key",
        "DELETE /api/loans/{id}/offer",
        lambda environment: withdraw_offer(environment, key=False),
    ),
    Scenario("pay without a key", "POST /api/loans/{id}/pay", _pay({}, key=False)),
    Scenario("deposit without a key", "POST /api/wallets/deposit", _move_without_key("deposit")),
    Scenario("withdraw without a key", "POST /api/wallets/withdraw", _move_without_key("withdraw")),
)
