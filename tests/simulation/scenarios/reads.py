"""Scenarios of all routes that read, from the catalogue: the response is the same or asks to retry, nothing changes."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.api.security_log import viewed_subject
from chalicelib.notifications.domain.suppression import SuppressionReason
from chalicelib.shared.actor import Role
from chalicelib.web.assets import packaged_assets
from tests.catalogue import ROUTES
from tests.example_events import example_event
from tests.factories import (
    User,
    accept_offer,
    funded_loan,
    make_offer,
    ok,
    open_loan,
    pay,
    pending_deposit,
    requested_withdrawal,
)
from tests.marketplace import unmatched_line
from tests.relations import ANYONE, NO_LENDERS
from tests.route_examples import Route
from tests.simulation.clients import (
    borrower_and_lender,
    create_account,
    operator,
    post_action,
    read_action,
    scheduled_action,
)
from tests.simulation.environment import Environment
from tests.simulation.faults import DONE, Action, Scenario
from tests.simulation.scenarios.auto_invest import RULE
from tests.webhook_routes import WEBHOOK_ENDPOINT

_QUOTE: Final = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": 6}
_ASSET: Final = re.findall(r"/static/([\w.-]+)", packaged_assets().page("app"))[0]
_REPORT: Final = "GET /api/admin/reports/{kind}"
_ANY: Final = defaultdict[str, str](lambda: "any")
_COUNTS_FAILURES: Final = "GET /api/admin/cache"


@dataclass(frozen=True, slots=True)
class _Situation:
    """Users by role, and ids of a repaid and an open loan, a payout, a transfer, a bank line and an event."""

    users: Mapping[str, User]
    running_loan: str
    open_loan: str
    payout: str
    transfer: str
    bank_line: str
    event: str
    endpoint: str

    def path_of(self, route: Route) -> str:
        loan_id = self.open_loan if route.path.endswith("/offers") else self.running_loan
        statement = f"{self.bank_line[:-4]}0000"
        named = {"payouts": self.payout, "transfers": self.transfer, "statements": statement, "events": self.event}
        named["webhook-endpoints"] = self.endpoint
        loan_id = next((named[part] for part in route.path.split("/") if part in named), loan_id)
        account = f"wallet:{self.users['lender'].id}"
        values = {
            "id": account if "/ledger/" in route.path else loan_id,
            "kind": "loan_status_summary_report" if route.name == _REPORT else "reconcile_ledger",
            "name": _ASSET,
            "username": "bob",
        }
        path = route.address(values).partition("?")[0]
        return f"{path}?date=2026-01-15" if route.name == _REPORT else path


def _situation(environment: Environment) -> _Situation:
    borrower, lender = borrower_and_lender(environment, lender_balance="9000.00", borrower_balance="500.00")
    create_account(environment, borrower)
    create_account(environment, lender)
    loan = funded_loan(borrower, lender)
    pay(borrower, loan["id"])
    ok(lender.http.post("/api/loans/auto-invest/", {**RULE, "active": False}))
    requested = open_loan(borrower, amount="600.00")
    accept_offer(borrower, requested["id"], make_offer(lender, requested["id"], amount="200.00")["id"])
    staff = operator(environment)
    ok(staff.http.post(f"/api/admin/users/{lender.id}/freeze/", {"reason": "a check"}))
    environment.updates_projections = True
    environment.settle()
    environment.clock.advance(days=1)
    for function in ("loan_status_summary_report", "reconcile_ledger"):
        assert scheduled_action(environment, function)() == DONE
    environment.container.suppressions.suppress("bob@example.com", borrower.id, SuppressionReason.BOUNCE)
    users = {"borrower": borrower, "lender": lender, "operator": staff}
    payout, transfer = _payout(environment, staff), pending_deposit(borrower.id)
    event = example_event()
    environment.container.publisher.record(borrower.id, event)
    endpoint = ok(borrower.http.post("/api/webhook-endpoints/", WEBHOOK_ENDPOINT)).json["id"]
    ok(borrower.http.post(f"/api/webhook-endpoints/{endpoint}/test/"))
    return _Situation(users, loan["id"], requested["id"], payout, transfer, unmatched_line(staff), event.id, endpoint)


def _payout(environment: Environment, staff: User) -> str:
    saver = environment.user(Role.LENDER, "sam")
    ok(saver.http.post("/api/wallets/deposit/", {"amount": "20.00"}))
    requested_withdrawal(saver.id)
    return str(ok(staff.http.post("/api/admin/bank/payouts/", {})).json["id"])


def _reader_of(route: Route) -> str:
    if route.path.startswith(("/api/admin", "/api/sandbox/clock")):
        return "operator"
    return "lender" if NO_LENDERS in route.allowed else "borrower"


def _read(route: Route) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        situation = _situation(environment)
        return read_action(situation.users[_reader_of(route)], situation.path_of(route))

    return prepare


def _read_page(route: Route) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        user = User(environment.http, environment.actor(Role.LENDER, "lena"))
        return read_action(user, route.address({"name": _ASSET}))

    return prepare


def _quote(environment: Environment) -> Action:
    return post_action(borrower_and_lender(environment)[0], "/api/loans/quote/", _QUOTE)


def _scenario(route: Route) -> Scenario:
    if route.fault_free and ANYONE in route.allowed:
        return Scenario(route.path, route.name, _read_page(route), calls_services=False)
    return Scenario(
        route.path,
        route.name,
        _read(route),
        attempts_leave_items=bool(viewed_subject(route.path, _ANY)) and _reader_of(route) == "operator",
        counts_failures=route.name == _COUNTS_FAILURES,
        moves_no_money=True,
    )


READS: Final = (
    Scenario("quote", "POST /api/loans/quote", _quote),
    *(_scenario(route) for route in ROUTES if route.method == "GET"),
)
