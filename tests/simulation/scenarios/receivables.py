"""Scenarios of users who owe something for a returned deposit: whatever becomes available pays it first."""

from typing import Final

from chalicelib.shared.actor import Role
from chalicelib.shared.ids import new_id
from tests.factories import User, accept_offer, funded_loan, ok, pay, pending_deposit, requested_withdrawal
from tests.simulation.clients import borrower_and_lender, loan_in_parts, post_action, scheduled_action, worker_action
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario
from tests.simulation.scenarios.auto_invest import offers_on, placed_offers
from tests.simulation.scenarios.origination import MANY

_SANDBOX: Final = "/api/sandbox/transfers/"


def restrict(user: User, amount: str = "2000.00") -> None:
    """Return a deposit that the user has withdrawn again; whatever else is available is taken."""
    transfer_id = pending_deposit(user.id, amount)
    ok(user.http.post(f"{_SANDBOX}{transfer_id}/settle/"))
    ok(user.http.post("/api/wallets/withdraw/", {"amount": amount}))
    ok(user.http.post(f"{_SANDBOX}{transfer_id}/return/"))
    assert user.call("GET", "/api/wallets/")["receivable"] != "0.00"


def _restricted_user(environment: Environment, amount: str) -> User:
    user = environment.user(Role.LENDER, "lena")
    restrict(user, amount)
    return user


def _deposit(environment: Environment) -> Action:
    return post_action(_restricted_user(environment, "70.00"), "/api/wallets/deposit/", {"amount": "100.00"})


def _deposit_in_part(environment: Environment) -> Action:
    return post_action(_restricted_user(environment, "70.00"), "/api/wallets/deposit/", {"amount": "20.00"})


def _pay_to_restricted_lender(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment)
    loan = funded_loan(borrower, lender)
    restrict(lender)
    return post_action(borrower, f"/api/loans/{loan['id']}/pay/")


def _distribute(environment: Environment) -> Action:
    borrower = environment.user(Role.BORROWER, "bob", "500.00")
    loan_id, lenders = loan_in_parts(environment, borrower, MANY, funded=MANY)
    for lender in lenders[:3]:
        restrict(lender)
    pay(borrower, loan_id)
    return worker_action(environment, "DISTRIBUTION")


def _cancel_loan(environment: Environment) -> Action:
    """The money of an accepted offer stays reserved when a deposit is returned; the cancellation releases it."""
    borrower, [lender], loan_id = placed_offers(environment, 1, "1000.00")
    accept_offer(borrower, loan_id, offers_on(environment, loan_id)[0])
    restrict(lender)
    return post_action(borrower, f"/api/loans/{loan_id}/cancel/")


def _submitted_withdrawal(environment: Environment) -> tuple[User, str]:
    """A restricted user whose withdrawal was handed to the bank before."""
    user, container = environment.user(Role.LENDER, "lena", "20.00"), environment.container
    transfer_id = requested_withdrawal(user.id, "20.00")
    writes = container.transfers.writes()
    container.transfers.add_submission(writes, container.transfers.get(transfer_id), new_id(container.clock()))
    writes.commit()
    restrict(user, "70.00")
    return user, transfer_id


def _fail_withdrawal(environment: Environment) -> Action:
    user, transfer_id = _submitted_withdrawal(environment)
    return post_action(user, f"{_SANDBOX}{transfer_id}/fail/")


def _settle_withdrawal(environment: Environment) -> Action:
    user, transfer_id = _submitted_withdrawal(environment)
    return post_action(user, f"{_SANDBOX}{transfer_id}/settle/")


def _return_withdrawal(environment: Environment) -> Action:
    user, transfer_id = _submitted_withdrawal(environment)
    ok(user.http.post(f"{_SANDBOX}{transfer_id}/settle/"))
    return post_action(user, f"{_SANDBOX}{transfer_id}/return/")


def _reconcile(environment: Environment) -> Action:
    user, _ = _submitted_withdrawal(environment)
    pending_deposit(user.id)
    environment.clock.advance(minutes=5)
    return scheduled_action(environment, "reconcile_ledger")


_TRANSFER: Final = "POST /api/sandbox/transfers/{id}/"
RECEIVABLES: Final = (
    Scenario("deposit more than the receivable", "POST /api/wallets/deposit", _deposit),
    Scenario("deposit a part of the receivable", "POST /api/wallets/deposit", _deposit_in_part),
    Scenario("pay to a restricted lender", "POST /api/loans/{id}/pay", _pay_to_restricted_lender),
    Scenario("distribute to restricted lenders", "job DISTRIBUTION", _distribute),
    Scenario("cancel a restricted lender's loan", "POST /api/loans/{id}/cancel", _cancel_loan),
    Scenario("fail a restricted user's withdrawal", f"{_TRANSFER}fail", _fail_withdrawal),
    Scenario("settle a restricted user's withdrawal", f"{_TRANSFER}settle", _settle_withdrawal),
    Scenario("return a restricted user's withdrawal", f"{_TRANSFER}return", _return_withdrawal),
    Scenario("reconcile transfers", "reconcile_ledger", _reconcile, attempts_leave_items=True, moves_no_money=True),
)
