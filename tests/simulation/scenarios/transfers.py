"""Scenarios of transfers: requests of users, reports of the provider, and the job that expires deposits."""

import json
from collections.abc import Callable
from typing import Any, Final

from chalicelib.shared.actor import Role
from tests.factories import User, funded_loan, ok, pending_deposit, requested_withdrawal
from tests.marketplace import BANK_ACCOUNT
from tests.simulation.clients import (
    borrower_and_lender,
    create_account,
    operator,
    post_action,
    request_action,
    scheduled_action,
)
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario

Prepare = Callable[[Environment], Action]
_EVENT: Final = "event-1"


def _user(environment: Environment) -> User:
    return environment.user(Role.LENDER, "lena")


def _sandbox(user: User, transfer_id: str, action: str) -> Any:
    return ok(user.http.post(f"/api/sandbox/transfers/{transfer_id}/{action}/")).json


def _with_withdrawal(environment: Environment) -> tuple[User, str]:
    user = _user(environment)
    ok(user.http.post("/api/wallets/deposit/", {"amount": "20.00"}))
    return user, requested_withdrawal(user.id)


def _cancel_deposit(environment: Environment) -> Action:
    user = _user(environment)
    return post_action(user, f"/api/transfers/{pending_deposit(user.id)}/cancel/")


def _cancel_withdrawal(environment: Environment) -> Action:
    user, transfer_id = _with_withdrawal(environment)
    return post_action(user, f"/api/transfers/{transfer_id}/cancel/")


def _report_deposit(*path: str) -> Prepare:
    """Return the last step of a path of reports about a deposit."""

    def prepare(environment: Environment) -> Action:
        user = _user(environment)
        transfer_id = pending_deposit(user.id)
        for step in path[:-1]:
            _sandbox(user, transfer_id, step)
        return post_action(user, f"/api/sandbox/transfers/{transfer_id}/{path[-1]}/")

    return prepare


def _report_withdrawal(*path: str) -> Prepare:
    """Return the last step of a path of reports about a withdrawal."""

    def prepare(environment: Environment) -> Action:
        user, transfer_id = _with_withdrawal(environment)
        for step in path[:-1]:
            _sandbox(user, transfer_id, step)
        return post_action(user, f"/api/sandbox/transfers/{transfer_id}/{path[-1]}/")

    return prepare


def _return_after_lending(environment: Environment) -> Action:
    """The money of the returned deposit is lent, reserved for a withdrawal, and available in part."""
    borrower, lender = borrower_and_lender(environment, lender_balance="1.00")
    transfer_id = pending_deposit(lender.id, "1100.00")
    _sandbox(lender, transfer_id, "settle")
    funded_loan(borrower, lender)
    requested_withdrawal(lender.id, "50.00")
    return post_action(lender, f"/api/sandbox/transfers/{transfer_id}/return/")


def _notify(transfer_id: str, kind: str, environment: Environment, event_id: str = _EVENT) -> Action:
    """Return the action of the provider, which sends a notification again after an error."""
    body = json.dumps({"type": f"transfer.{kind}", "data": {"transfer_id": transfer_id}}).encode()
    headers = environment.container.notification_signer.sign(event_id, body)
    return request_action(
        lambda _: environment.http.post("/api/provider/notifications/", raw=body, headers=headers), key=False
    )


def _notify_settled(environment: Environment) -> Action:
    return _notify(pending_deposit(_user(environment).id), "settled", environment)


def _notify_early_return(environment: Environment) -> Action:
    return _notify(pending_deposit(_user(environment).id), "returned", environment)


def _settle_after_early_return(environment: Environment) -> Action:
    transfer_id = pending_deposit(_user(environment).id)
    assert _notify(transfer_id, "returned", environment, "event-0")()
    return _notify(transfer_id, "settled", environment)


def _notify_returned(environment: Environment) -> Action:
    user = _user(environment)
    transfer_id = pending_deposit(user.id, "30.00")
    _sandbox(user, transfer_id, "settle")
    requested_withdrawal(user.id, "20.00")
    return _notify(transfer_id, "returned", environment)


def _notify_refused(environment: Environment) -> Action:
    user = _user(environment)
    transfer_id = pending_deposit(user.id)
    _sandbox(user, transfer_id, "settle")
    return _notify(transfer_id, "failed", environment)


def _expire(environment: Environment) -> Action:
    user = _user(environment)
    for _ in range(2):
        pending_deposit(user.id)
    environment.clock.advance(days=15)
    pending_deposit(user.id)
    return scheduled_action(environment, "expire_transfers")


def _pay_out(environment: Environment) -> Action:
    """Three users' withdrawals, one of whom is frozen."""
    staff = operator(environment)
    for name in ("ann", "bob", "cleo"):
        user = environment.user(Role.LENDER, name)
        ok(user.http.post("/api/wallets/deposit/", {"amount": "20.00"}))
        requested_withdrawal(user.id)
    create_account(environment, user)
    ok(staff.http.post(f"/api/admin/users/{user.id}/freeze/", {"reason": "a check"}))
    return post_action(staff, "/api/admin/bank/payouts/", {})


def _reject_withdrawal(environment: Environment) -> Action:
    """A submitted withdrawal, which the bank rejects."""
    user, transfer_id = _with_withdrawal(environment)
    create_account(environment, user)
    staff = operator(environment)
    ok(staff.http.post("/api/admin/bank/payouts/", {}))
    return post_action(staff, f"/api/admin/transfers/{transfer_id}/reject/", {"reason": "unknown account"})


def _start_deposit(environment: Environment) -> Action:
    return post_action(_user(environment), "/api/wallets/deposit/", {"amount": "30.00"})


def _start_second_deposit(environment: Environment) -> Action:
    user = _user(environment)
    ok(user.http.post("/api/wallets/deposit/", {"amount": "10.00"}))
    return post_action(user, "/api/wallets/deposit/", {"amount": "30.00"})


def _request_withdrawal(environment: Environment) -> Action:
    user = _user(environment)
    _sandbox(user, pending_deposit(user.id, "50.00"), "settle")
    account = ok(user.http.post("/api/bank-accounts/", BANK_ACCOUNT)).json
    environment.clock.advance(days=1)
    body = {"amount": "30.00", "bank_account_id": account["id"]}
    return post_action(user, "/api/wallets/withdraw/", body)


_SETTLE: Final = "POST /api/sandbox/transfers/{id}/settle"
_FAIL: Final = "POST /api/sandbox/transfers/{id}/fail"
_RETURN: Final = "POST /api/sandbox/transfers/{id}/return"
_NOTIFY: Final = "POST /api/provider/notifications"
REQUESTS: Final = (
    Scenario("start a deposit", "POST /api/wallets/deposit", _start_deposit),
    Scenario("start another deposit", "POST /api/wallets/deposit", _start_second_deposit),
    Scenario("request a withdrawal", "POST /api/wallets/withdraw", _request_withdrawal),
)
"""Scenarios of the provider `sandbox`."""
TRANSFERS: Final = (
    Scenario("cancel a deposit", "POST /api/transfers/{id}/cancel", _cancel_deposit),
    Scenario("cancel a withdrawal", "POST /api/transfers/{id}/cancel", _cancel_withdrawal),
    Scenario("settle a deposit", _SETTLE, _report_deposit("settle")),
    Scenario("settle a failed deposit", _SETTLE, _report_deposit("fail", "settle")),
    Scenario("settle a withdrawal", _SETTLE, _report_withdrawal("settle")),
    Scenario("fail a deposit", _FAIL, _report_deposit("fail")),
    Scenario("fail a withdrawal", _FAIL, _report_withdrawal("fail")),
    Scenario("return a deposit", _RETURN, _report_deposit("settle", "return")),
    Scenario("return a deposit early", _RETURN, _report_deposit("return")),
    Scenario("return a deposit after lending", _RETURN, _return_after_lending),
    Scenario("return a withdrawal", _RETURN, _report_withdrawal("settle", "return")),
    Scenario("notification of a settlement", _NOTIFY, _notify_settled),
    Scenario("notification of an early return", _NOTIFY, _notify_early_return),
    Scenario("notification after an early return", _NOTIFY, _settle_after_early_return),
    Scenario("notification of a return", _NOTIFY, _notify_returned),
    Scenario("notification that is refused", _NOTIFY, _notify_refused),
    Scenario("pay out withdrawals", "POST /api/admin/bank/payouts", _pay_out),
    Scenario("reject a withdrawal", "POST /api/admin/transfers/{id}/reject", _reject_withdrawal),
    Scenario("expiry of deposits", "expire_transfers", _expire),
)
