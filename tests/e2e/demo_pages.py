"""Demo data in every state, and the pages that show it: for accessibility checks, screenshots and page weights."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.e2e.users import User, create_borrower, register, sign_in_operator
from tests.e2e.webhook_receiver import run_receiver
from tests.factories import deposit, funded_loan, make_offer, open_loan, pay

REPORT_TIMEOUT_SECONDS: Final = 15.0
DELIVERY_TIMEOUT_SECONDS: Final = 15.0
VISITOR: Final = "visitor"
PURPOSE: Final = "Workshop tools"
RULE_WITHOUT_MATCHES: Final = {
    "amount_per_loan": "250.00",
    "min_rate": "30.00",
    "max_term": 24,
    "max_share": "25.00",
    "max_exposure": "2000.00",
}


@dataclass(frozen=True, slots=True)
class DemoPage:
    """A page: its name in file names, its path, and the user who opens it."""

    name: str
    path: str
    user: str = VISITOR


@dataclass(frozen=True, slots=True)
class Demo:
    """A platform with users and loans in every state, and the pages that show them."""

    url: str
    users: Mapping[str, User]
    pages: tuple[DemoPage, ...]

    def pages_of(self, user: str) -> list[DemoPage]:
        """Return the pages that a user opens."""
        return [page for page in self.pages if page.user == user]


def console_of(user: str) -> str:
    """Return the path of a user's console."""
    return "/admin/" if user == "operator" else "/app/"


def create_demo(url: str) -> Demo:
    """Create the demo data on a platform, once per platform. This takes about two seconds."""
    borrower = deposit(register(url, "BORROWER", "Nora", "nora"), "2500.00")
    lender = deposit(register(url, "LENDER", "Liam", "liam"), "10000.00")
    second_lender = deposit(register(url, "LENDER", "Ella", "ella"), "10000.00")
    operator = sign_in_operator(url)
    lender.call("POST", "/api/loans/auto-invest/", RULE_WITHOUT_MATCHES)
    active = funded_loan(borrower, {lender: "600.00", second_lender: "400.00"}, purpose=PURPOSE)["id"]
    pay(borrower, active, "172.55")
    requested = open_loan(borrower, "2400.00", "14.00", 12, purpose=PURPOSE)["id"]
    make_offer(lender, requested, "11.50")
    make_offer(second_lender, requested, "9.75", "1500.00")
    for amount, rate, months in (("5000.00", "15.00", 24), ("750.00", "8.00", 6), ("12000.00", "10.50", 48)):
        open_loan(borrower, amount, rate, months, purpose=PURPOSE)
    frozen = create_borrower(url)
    operator.call("POST", f"/api/admin/users/{frozen.id}/freeze/", {"reason": "Requested by the account holder"})
    endpoint = _create_endpoints(borrower)
    _write_report(operator)
    users = {"borrower": borrower, "lender": lender, "operator": operator}
    return Demo(url, users, _pages(active, requested, endpoint, borrower))


def _create_endpoints(user: User) -> str:
    """Create an endpoint with a delivery that succeeded and one that is pending, and one that is off, where one failed.

    Returns:
        The id of the first.
    """
    path = "/api/webhook-endpoints/"
    with run_receiver() as receiver:
        endpoint, other = (
            user.call("POST", path, {"url": receiver.url, "event_types": types, "description": description})["id"]
            for types, description in ((["*"], "Accounting"), (["payment.received", "loan.funded"], "Test system"))
        )
        user.call("POST", f"{path}{endpoint}/test/", {})
        _wait_for_delivery(user, f"{path}{endpoint}/deliveries/?status=SUCCEEDED")
    for each in (endpoint, other):
        user.call("POST", f"{path}{each}/test/", {})
    user.call("PATCH", f"{path}{other}/", {"enabled": False})
    return str(endpoint)


def _wait_for_delivery(user: User, path: str) -> None:
    deadline = time.monotonic() + DELIVERY_TIMEOUT_SECONDS
    while not user.call("GET", path)["items"]:
        assert time.monotonic() < deadline, "The test event was not delivered."
        time.sleep(0.2)


def _write_report(operator: User) -> None:
    """Run the report job until the report includes the disbursed loan: projections lag behind."""
    deadline = time.monotonic() + REPORT_TIMEOUT_SECONDS
    path = "/api/admin/reports/loan_status_summary_report/latest/"
    while time.monotonic() < deadline:
        operator.call("POST", "/api/admin/tasks/loan_status_summary_report/run/")
        if operator.call("GET", path)["origination"]["loans"]:
            return
        time.sleep(0.5)
    raise AssertionError("The report does not include the disbursed loan.")


def _pages(active: str, requested: str, endpoint: str, borrower: User) -> tuple[DemoPage, ...]:
    pages = [
        DemoPage("landing", "/"), DemoPage("sign-in", "/app/#/sign-in"), DemoPage("register", "/app/#/register"),
        DemoPage("unsubscribe", "/app/#/unsubscribe?token=x"),
    ]  # fmt: skip
    paths_by_user = {
        "borrower": [
            "/", "/loans", "/request", "/wallet", "/wallet/transfers", "/profile", f"/loans/{active}",
            f"/loans/{requested}/offers", "/notifications", "/notifications/preferences", "/developers",
            f"/developers/{endpoint}", "/developers/events",
        ],
        "lender": ["/", "/market", f"/market/{requested}", f"/market/{active}", "/portfolio", "/auto", "/wallet"],
        "operator": [
            "/", "/users", f"/users/{borrower.id}?name={borrower.username}", "/loans", f"/loans/{active}",
            "/ledger", "/ledger/platform:fees", "/jobs", "/reports", "/cache", "/audit", "/messages/webhooks",
            "/messages/suppressed",
        ],
    }  # fmt: skip
    names = {
        active: "active", requested: "requested", borrower.id: "details", "platform:fees": "account",
        endpoint: "endpoint",
    }  # fmt: skip
    for user, paths in paths_by_user.items():
        pages.extend(DemoPage(_name(user, path, names), f"{console_of(user)}#{path}", user) for path in paths)
    return tuple(pages)


def _name(user: str, path: str, names: Mapping[str, str]) -> str:
    parts = [names.get(part, part) for part in path.partition("?")[0].split("/") if part]
    return "-".join((user, *(parts or ["home"])))
