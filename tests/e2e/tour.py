"""Every page with something on it: for the accessibility checks, the screenshots and the weights."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.e2e.people import Person, a_borrower, a_lender, a_request, an_offer, an_operator

PATIENCE_SECONDS: Final = 15.0
CAUTIOUS_RULE: Final = {
    "amount_per_loan": "250.00",
    "min_rate": "30.00",
    "max_term": 24,
    "max_share": "25.00",
    "max_exposure": "2000.00",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A page of the tour: its name in file names, its address, and who looks at it."""

    name: str
    path: str
    who: str = "nobody"


@dataclass(frozen=True, slots=True)
class Town:
    """A platform with people and loans in every state."""

    url: str
    people: Mapping[str, Person]
    stops: tuple[Stop, ...]


def a_town(url: str) -> Town:
    """Fill a platform. It takes about two seconds."""
    borrower, lender, second = a_borrower(url, has="2500.00"), a_lender(url), a_lender(url)
    operator = an_operator(url)
    lender.call("POST", "/api/loans/auto-invest/", CAUTIOUS_RULE)
    active = a_request(borrower, "1000.00", "12.00", 6)
    _fund(borrower, active, {lender: "600.00", second: "400.00"})
    borrower.call("POST", f"/api/loans/{active}/pay/", {"amount": "172.55"})
    asked = a_request(borrower, "2400.00", "14.00", 12)
    an_offer(lender, asked, "11.50")
    an_offer(second, asked, "9.75", "1500.00")
    for amount, rate, months in (("5000.00", "15.00", 24), ("750.00", "8.00", 6), ("12000.00", "10.50", 48)):
        a_request(borrower, amount, rate, months)
    frozen = a_borrower(url)
    operator.call("POST", f"/api/admin/users/{frozen.id}/freeze/", {"reason": "Asked for by the holder"})
    _report(operator)
    people = {"borrower": borrower, "lender": lender, "operator": operator}
    return Town(url, people, _stops(active, asked, borrower))


def _fund(borrower: Person, loan: str, parts: Mapping[Person, str]) -> None:
    offers = [an_offer(lender, loan, "12.00", amount) for lender, amount in parts.items()]
    for offer in offers:
        borrower.call("POST", f"/api/loans/{loan}/accept-offer/", {"offer_id": offer})
    for lender in parts:
        lender.call("POST", f"/api/loans/{loan}/fund/", {})


def _report(operator: Person) -> None:
    """Have the report written once the counters have followed what happened."""
    until = time.monotonic() + PATIENCE_SECONDS
    path = "/api/admin/reports/loan_status_summary_report/latest/"
    while time.monotonic() < until:
        operator.call("POST", "/api/admin/tasks/loan_status_summary_report/run/")
        if operator.call("GET", path)["origination"]["loans"]:
            return
        time.sleep(0.5)
    raise AssertionError("The report does not show the loan that was paid out.")


def _stops(active: str, asked: str, borrower: Person) -> tuple[Stop, ...]:
    stops = [Stop("landing", "/"), Stop("sign-in", "/app/#/sign-in"), Stop("register", "/app/#/register")]
    pages = {
        "borrower": [
            "/", "/loans", "/request", "/wallet", "/profile", f"/loans/{active}", f"/loans/{asked}/offers",
        ],
        "lender": ["/", "/market", f"/market/{asked}", f"/market/{active}", "/portfolio", "/auto", "/wallet"],
        "operator": [
            "/", "/users", f"/users/{borrower.id}?name={borrower.username}", "/loans", f"/loans/{active}",
            "/ledger", "/ledger/platform:fees", "/jobs", "/reports", "/cache", "/audit",
        ],
    }  # fmt: skip
    names = {active: "active", asked: "asked", borrower.id: "one", "platform:fees": "account"}
    for who, paths in pages.items():
        console = "/admin/" if who == "operator" else "/app/"
        stops.extend(Stop(_name(who, path, names), f"{console}#{path}", who) for path in paths)
    return tuple(stops)


def _name(who: str, path: str, names: Mapping[str, str]) -> str:
    parts = [names.get(part, part) for part in path.partition("?")[0].split("/") if part]
    return "-".join((who, *(parts or ["home"])))
