"""Everything that is only looked at: the answer is the same, or says when to come again, and nothing changes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.shared.actor import Role
from chalicelib.web.assets import packaged_assets
from tests.factories import User, accept_offer, funded_loan, make_offer, ok, open_loan, pay
from tests.simulation.clients import operator, posting, reading, registered, scheduled, two_lenders
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario
from tests.simulation.scenarios.auto_invest import RULE


@dataclass(frozen=True, slots=True)
class _Scene:
    """People, and a loan of each kind that lists show."""

    borrower: User
    lender: User
    operator: User
    running: str
    open: str


def _scene(environment: Environment) -> _Scene:
    borrower, lender = two_lenders(environment, lender_has="9000.00", borrower_has="500.00")
    registered(environment, borrower)
    registered(environment, lender)
    loan = funded_loan(borrower, lender)
    pay(borrower, loan["id"])
    ok(lender.http.post("/api/loans/auto-invest/", {**RULE, "active": False}))
    asked = open_loan(borrower, amount="600.00")
    accept_offer(borrower, asked["id"], make_offer(lender, asked["id"], amount="200.00")["id"])
    staff = operator(environment)
    ok(staff.http.post(f"/api/admin/users/{lender.id}/freeze/", {"reason": "a check"}))
    environment.projects = True
    environment.settle()
    environment.clock.advance(days=1)
    for function in ("loan_status_summary_report", "reconcile_ledger"):
        assert scheduled(environment, function)() == "done"
    return _Scene(borrower, lender, staff, loan["id"], asked["id"])


def _look(who: str, path: str) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        scene = _scene(environment)
        names = {"running": scene.running, "open": scene.open, "lender": scene.lender.id}
        return reading(getattr(scene, who), path.format(**names))

    return prepare


def _public(path: str) -> Callable[[Environment], Action]:
    return lambda environment: reading(User(environment.http, environment.actor(Role.LENDER, "lena")), path)


def _seen_by(who: str, route: str, path: str = "") -> Scenario:
    return Scenario(f"{who} sees {path or route}", f"GET {route}", _look(who, path or f"{route}/"), moves_nothing=True)


def _page(route: str, path: str = "") -> Scenario:
    return Scenario(f"page {route}", f"GET {route}", _public(path or route), asks_somebody=False)


_QUOTE: Final = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": 6}
_ASSET: Final = re.findall(r"/static/[\w.-]+", packaged_assets().page("app"))[0]
_LOANS: Final = "/api/loans"
_ADMIN: Final = "/api/admin"
READS: Final = (
    _seen_by("borrower", f"{_LOANS}/{{id}}", "/api/loans/{running}/"),
    _seen_by("borrower", f"{_LOANS}/{{id}}/schedule", "/api/loans/{running}/schedule/"),
    _seen_by("borrower", f"{_LOANS}/{{id}}/payments", "/api/loans/{running}/payments/"),
    _seen_by("borrower", f"{_LOANS}/{{id}}/payoff", "/api/loans/{running}/payoff/"),
    _seen_by("borrower", f"{_LOANS}/{{id}}/offers", "/api/loans/{open}/offers/"),
    _seen_by("lender", f"{_LOANS}/available"),
    _seen_by("lender", f"{_LOANS}/investments"),
    _seen_by("lender", f"{_LOANS}/my-offers"),
    _seen_by("lender", f"{_LOANS}/auto-invest"),
    _seen_by("borrower", f"{_LOANS}/my-loans"),
    _seen_by("borrower", f"{_LOANS}/pending-payments"),
    _seen_by("borrower", "/api/wallets"),
    _seen_by("borrower", "/api/wallets/transactions"),
    _seen_by("borrower", "/api/wallets/statement"),
    _seen_by("borrower", "/api/users/profile"),
    _seen_by("operator", f"{_ADMIN}/audit"),
    _seen_by("operator", f"{_ADMIN}/ledger/trial-balance"),
    _seen_by("operator", f"{_ADMIN}/ledger/accounts/{{id}}", "/api/admin/ledger/accounts/wallet:{lender}/"),
    _seen_by("operator", f"{_ADMIN}/loans"),
    _seen_by("operator", f"{_ADMIN}/loans/{{id}}", "/api/admin/loans/{running}/"),
    _seen_by("operator", f"{_ADMIN}/reports/{{kind}}/days", "/api/admin/reports/reconcile_ledger/days/"),
    _seen_by("operator", f"{_ADMIN}/reports/{{kind}}/latest", "/api/admin/reports/reconcile_ledger/latest/"),
    _seen_by(
        "operator", f"{_ADMIN}/reports/{{kind}}", "/api/admin/reports/loan_status_summary_report/?date=2026-01-15"
    ),
    _seen_by("operator", f"{_ADMIN}/tasks"),
    _seen_by("operator", f"{_ADMIN}/users"),
    Scenario(
        "operator sees the cache",
        f"GET {_ADMIN}/cache",
        _look("operator", f"{_ADMIN}/cache/"),
        counts=True,
        moves_nothing=True,
    ),
    Scenario("quote", f"POST {_LOANS}/quote", lambda w: posting(two_lenders(w)[0], f"{_LOANS}/quote/", _QUOTE)),
    _page("/"),
    _page("/health"),
    _page("/app"),
    _page("/admin"),
    _page("/static/{name}", _ASSET),
    _page("/api/swagger"),
    _page("/api/redoc"),
    _page("/api/schema"),
)
