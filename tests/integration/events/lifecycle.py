"""Loans, transfers and accounts of five users of a running platform, each with an endpoint that gets all events."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.factories import PASSWORD, accept_offer, fund, funded_loan, make_offer, open_loan, pay
from tests.integration.local.running_platform import NO_RATE_LIMITS, RunningPlatform
from tests.marketplace import BANK_ACCOUNT
from tests.webhook_receiver import Received, Reply, WebhookReceiver

SETTINGS: Final = {
    **NO_RATE_LIMITS,
    "PAYMENT_PROVIDER": "sandbox",
    "DEFAULT_DAYS": "20",
    "LOAN_REQUEST_DAYS": "10",
    "PAYEE_COOLING_HOURS": "0",
    "ACCESS_TOKEN_MINUTES": "60",
}
SIGN_IN: Final = "security.new_sign_in"
"""Comes from preparing the users, before or after their endpoints exist."""
_NEW_PASSWORD: Final = "another-horse-battery"
_PATIENCE_SECONDS: Final = 240.0
_POLL_SECONDS: Final = 0.2
_QUIET_SECONDS: Final = 3.0
_PAGE: Final = 100
_CLOCK: Final = "/api/sandbox/clock/"


@dataclass(slots=True)
class Server:
    """The platform, which a test may replace by another process with the same data."""

    platform: RunningPlatform


@dataclass(slots=True, eq=False)
class Member:
    """A signed-in user with an endpoint; ``name`` is that of the user and of the receiver."""

    server: Server
    receiver: WebhookReceiver
    name: str
    id: str = ""
    token: str = ""
    endpoint: str = ""
    secrets: tuple[str, ...] = ()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must succeed; return the JSON of its response."""
        status, response = self.server.platform.call(method, path, body, self.token)
        assert status < 300, (method, path, status, response)
        return response

    def expect(self, *replies: Reply) -> None:
        """Set the secrets and the next responses of the receiver."""
        self.receiver.expect(self.name, self.secrets, replies)

    def rotate_secret(self) -> None:
        """Replace the secret; both are valid for a day."""
        rotated = self.call("POST", f"/api/webhook-endpoints/{self.endpoint}/rotate-secret/")
        self.secrets = (*self.secrets, rotated["secret"])
        self.expect()

    def events(self) -> list[dict[str, Any]]:
        """Return all events of the user but sign-ins, oldest first."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.call("GET", f"/api/events/?limit={_PAGE}{cursor}")
            found += page["items"]
            if page["next_cursor"] is None:
                return [event for event in reversed(found) if event["type"] != SIGN_IN]
            cursor = f"&cursor={page['next_cursor']}"

    def received(self) -> list[Received]:
        """Return all messages but those of sign-ins, in the order of their arrival."""
        return [each for each in self.receiver.received(self.name) if each.body["type"] != SIGN_IN]


class Lifecycle:
    """The operations, in stages that a test can interrupt. The same stages make the same events.

    Args:
        server: the platform.
        receiver: gets the webhooks.
    """

    def __init__(self, server: Server, receiver: WebhookReceiver, prefix: str) -> None:
        self.server = server
        names = ("bob", "ana", "ben", "eve", "zoe")
        made = [Member(server, receiver, f"{prefix}_{name}") for name in names]
        self.borrower, self.ana, self.ben, self.eve, self.operator = made
        self.members: Sequence[Member] = made[:4]
        self.loans: list[str] = []

    @property
    def stages(self) -> Sequence[Callable[[], None]]:
        """The stages, in order."""
        return (
            self.move_money,
            self.complete_a_loan,
            self.end_requests,
            self.match_a_rule,
            self.change_accounts,
            self.leave_unfunded,
            self.start_a_loan,
            self.reach_the_due_date,
            self.default,
        )

    def register(self) -> None:
        """Open the accounts, and give each member an endpoint for all types of events.

        One receiver fails once.
        """
        for member in self.members:
            role = "BORROWER" if member is self.borrower else "LENDER"
            credentials = {"username": member.name, "password": PASSWORD}
            account = {**credentials, "email": f"{member.name}@example.com", "role": role}
            member.id = member.call("POST", "/api/users/register/", account)["id"]
            member.token = self.server.platform.token_of(member.name, PASSWORD)
            url = {"url": member.receiver.url(member.name), "event_types": ["*"]}
            created = member.call("POST", "/api/webhook-endpoints/", url)
            member.endpoint, member.secrets = created["id"], (created["secret"],)
            member.expect()
        self.eve.expect(Reply(500))
        self.operator.token = self.server.platform.token_of("admin", "admin123")

    def move_money(self) -> None:
        """Deposits that settle, fail, and are returned."""
        for member, amount in ((self.ana, "5000.00"), (self.ben, "5000.00"), (self.borrower, "700.00")):
            self._report(member, amount, "settle")
        self._report(self.borrower, "5.00", "fail")
        self._report(self.eve, "20.00", "settle", "return")

    def complete_a_loan(self) -> None:
        """A loan of two lenders, while a third one is declined; an instalment is paid, then all."""
        loan = open_loan(self.borrower)
        offers = [
            make_offer(self.ana, loan["id"], amount="600.00"),
            make_offer(self.ben, loan["id"], amount="400.00"),
            make_offer(self.eve, loan["id"], amount="100.00"),
        ]
        for offer in offers[:2]:
            accept_offer(self.borrower, loan["id"], offer["id"])
        for lender in (self.ana, self.ben):
            fund(lender, loan["id"])
        pay(self.borrower, loan["id"])
        payoff = self.borrower.call("GET", f"/api/loans/{loan['id']}/payoff/")["amount"]
        pay(self.borrower, loan["id"], payoff)

    def end_requests(self) -> None:
        """An offer is withdrawn and another one accepted; then the request is cancelled."""
        loan = open_loan(self.borrower)
        make_offer(self.ana, loan["id"], amount="100.00")
        self.ana.call("DELETE", f"/api/loans/{loan['id']}/offer/")
        offer = make_offer(self.ben, loan["id"])
        accept_offer(self.borrower, loan["id"], offer["id"])
        self.borrower.call("POST", f"/api/loans/{loan['id']}/cancel/")

    def match_a_rule(self) -> None:
        """An auto-invest rule makes an offer on a request that will expire; the owner of another one has no money."""
        rule = {"amount_per_loan": "50.00", "min_rate": "20.00", "max_term": 6, "max_exposure": "60.00"}
        for lender in (self.ben, self.eve):
            lender.call("POST", "/api/loans/auto-invest/", rule)
        loan = open_loan(self.borrower, rate="20.00")
        _wait_for(lambda: self._has_offer(loan["id"]), "the rule made no offer")
        _wait_for(lambda: self._has_event(self.eve, "rule.paused"), "the rule of a lender without money does not wait")

    def change_accounts(self) -> None:
        """An account is frozen, unfrozen, and gets other credentials; an endpoint gets a second secret."""
        for action in ("freeze", "unfreeze"):
            self.operator.call("POST", f"/api/admin/users/{self.eve.id}/{action}/", {"reason": "a check"})
        passwords = {"current_password": PASSWORD, "new_password": _NEW_PASSWORD}
        self.eve.call("POST", "/api/users/password/", passwords)
        self.eve.token = self.server.platform.token_of(self.eve.name, _NEW_PASSWORD)
        email = {"email": f"{self.eve.name}@example.org", "current_password": _NEW_PASSWORD}
        self.eve.call("PATCH", "/api/users/profile/", email)
        self.ana.rotate_secret()
        self.ana.call("POST", f"/api/webhook-endpoints/{self.ana.endpoint}/test/")

    def leave_unfunded(self) -> None:
        """A lender without money does not fund an accepted offer."""
        loan = open_loan(self.borrower, amount="200.00")
        offer = make_offer(self.eve, loan["id"])
        accept_offer(self.borrower, loan["id"], offer["id"])

    def start_a_loan(self) -> None:
        """A loan that will default; its terms are changed once."""
        loan = funded_loan(self.borrower, self.ana, amount="900.00")
        terms = {"annual_interest_rate": "10.00", "reason": "requested", "ground": "contractual"}
        self.operator.call("POST", f"/api/admin/loans/{loan['id']}/reschedule/", terms)
        self.loans.append(loan["id"])

    def reach_the_due_date(self) -> None:
        """Reminders, an attempt of autopay without money, and the end of a request."""
        self._withdraw_everything()
        self.borrower.call("PUT", f"/api/loans/{self.loans[0]}/autopay/")
        self.advance(32)

    def default(self) -> None:
        """The loan is overdue for too long."""
        self.advance(30)

    def advance(self, days: int) -> None:
        """Advance the clock and wait until it is ready."""
        self.start_advance(days)
        self.finish_advance()

    def start_advance(self, days: int) -> None:
        self.operator.call("POST", f"{_CLOCK}advance/", {"days": days})

    def finish_advance(self) -> None:
        def is_ready() -> bool:
            return bool(self.operator.call("GET", _CLOCK)["status"] == "ready")

        _wait_for(is_ready, "the clock did not reach its target")

    def wait_until_delivered(self) -> None:
        """Wait until every event of every member has arrived, and no more come."""
        _wait_for(self._is_complete, "not every event arrived")
        while True:
            before = self._totals()
            time.sleep(_QUIET_SECONDS)
            if self._totals() == before and self._is_complete():
                return

    def counts(self) -> dict[str, Counter[str]]:
        """Count the events of each member by type."""
        return {
            member.name.partition("_")[2]: Counter(event["type"] for event in member.events())
            for member in self.members
        }

    def _has_event(self, member: Member, type_name: str) -> bool:
        return any(event["type"] == type_name for event in member.events())

    def _is_complete(self) -> bool:
        return all(
            {event["id"] for event in member.events()} <= {each.id for each in member.received() if each.status == 200}
            for member in self.members
        )

    def _totals(self) -> list[tuple[int, int]]:
        return [(len(member.events()), len(member.received())) for member in self.members]

    def _report(self, member: Member, amount: str, *reports: str) -> None:
        transfer = member.call("POST", "/api/wallets/deposit/", {"amount": amount})["transfer"]
        for report in reports:
            member.call("POST", f"/api/sandbox/transfers/{transfer['id']}/{report}/")

    def _has_offer(self, loan_id: str) -> bool:
        return bool(self.borrower.call("GET", f"/api/loans/{loan_id}/offers/")["items"])

    def _withdraw_everything(self) -> None:
        """Leave the borrower without money."""
        account = self.borrower.call("POST", "/api/bank-accounts/", BANK_ACCOUNT)["id"]
        available = self.borrower.call("GET", "/api/wallets/")["available"]
        withdrawal = {"amount": available, "bank_account_id": account}
        transfer = self.borrower.call("POST", "/api/wallets/withdraw/", withdrawal)["transfer"]
        self.borrower.call("POST", f"/api/sandbox/transfers/{transfer['id']}/settle/")


def _wait_for(holds: Callable[[], bool], problem: str) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until, problem
        time.sleep(_POLL_SECONDS)
