"""A loan in each of its states, with a user for each relation to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from chalicelib.container import Container
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import new_id
from chalicelib.users.domain.user import Registration
from chalicelib.users.repository import UserRepository
from chalicelib.users.service.passwords import decoy_hash
from tests.factories import UNKNOWN_ID, User, UserFactory, accept_offer, deposit, fund, make_offer, ok, open_loan, pay
from tests.http_client import HttpClient
from tests.marketplace import RULE, new_statement, unmatched_line

STATES: Final = tuple(LoanStatus)
_NUMBERS: Final = count(1)


@dataclass(frozen=True, slots=True)
class Scene:
    """A loan with an open offer and, if it runs, a proposed reschedule; a rule; an unmatched bank line; and clients."""

    loan_id: str
    offer_id: str
    rule_id: str
    user_id: str
    proposal_id: str
    line_id: str
    clients: dict[str, HttpClient]

    def values_for(self, path: str) -> Mapping[str, str]:
        """The values of a route's placeholders; credentials are wrong, and a new name is invalid."""
        account = "external:cash" if "/ledger/" in path else self.user_id if "/users/" in path else self.loan_id
        if "/bank/" in path:
            account = self.line_id if "/lines/" in path else f"{self.line_id[:-4]}0000"
        return {
            **new_statement(),
            "user_id": self.user_id,
            "id": account,
            "offer_id": self.offer_id,
            "rule_id": self.rule_id,
            "proposal_id": self.proposal_id,
            "delivery_id": self.loan_id,
            "kind": "reconcile_ledger",
            "name": "cleanup_expired_loan_cache" if path.endswith("/run") else "no-such-file.js",
            "username": "" if path.endswith("/register") else "no_such_user",
            "password": "not this one",
            "refresh_token": "x",
            "notification_id": self.loan_id,
            "token": "x",
        }


@dataclass(frozen=True, slots=True)
class SceneFactory:
    """Makes users, and loans in each of their states."""

    container: Container
    user_factory: UserFactory
    clock: FixedClock

    def user(self, role: Role, funds: str = "5000.00") -> User:
        """A user with an account but no usable password: hashing a real one takes long."""
        name = f"user_{next(_NUMBERS)}"
        registration = Registration(username=name, email=f"{name}@example.com", password="", role=role)
        user = registration.to_user(new_id(self.clock()), self.clock())
        UserRepository(self.container.database).add(user, decoy_hash())
        person = User(
            self.user_factory.http.signed_in(self.user_factory.tokens.issue(user.as_actor()).text), user.as_actor()
        )
        if role is not Role.ADMIN:
            deposit(person, funds)
        return person

    def scene(self, state: LoanStatus, *, frozen: bool = False) -> Scene:
        """A loan brought to its state over the API; ``frozen`` freezes both parties at the end."""
        borrower, lender = self.user(Role.BORROWER), self.user(Role.LENDER)
        declined, operator = self.user(Role.LENDER), self.user(Role.ADMIN)
        rule = ok(lender.http.post("/api/loans/auto-invest/", {**RULE, "active": False})).json
        loan = open_loan(borrower, months=2)
        unaccepted = make_offer(declined, loan["id"], "12.00")
        self._bring_to(state, loan, borrower, lender, operator)
        proposal_id = UNKNOWN_ID
        if state is LoanStatus.FUNDED:
            terms = {"holiday_months": 1, "reason": "a question", "ground": "contractual"}
            proposed = operator.call("POST", f"/api/admin/loans/{loan['id']}/reschedule/", terms)
            proposal_id = proposed["proposal"]["id"]
        for person in (borrower, lender) if frozen else ():
            ok(operator.http.post(f"/api/admin/users/{person.id}/freeze/", {"reason": "a question"}))
        prefix = "frozen " if frozen else ""
        clients = {
            f"{prefix}borrower": borrower.http,
            f"{prefix}lender": lender.http,
            "declined lender": declined.http,
            "other borrower": self.user(Role.BORROWER).http,
            "other lender": self.user(Role.LENDER).http,
            "operator": operator.http,
            "anonymous": self.user_factory.http,
        }
        return Scene(
            loan["id"], unaccepted["id"], rule["id"], borrower.id, proposal_id, unmatched_line(operator), clients
        )

    def _bring_to(self, state: LoanStatus, loan: Any, borrower: User, lender: User, operator: User) -> None:
        path = f"/api/loans/{loan['id']}"
        if state is LoanStatus.REQUESTED:  # a part is accepted: its lender is a party already
            accept_offer(borrower, loan["id"], make_offer(lender, loan["id"], "11.00", "400.00")["id"])
            return
        accept_offer(borrower, loan["id"], make_offer(lender, loan["id"], "11.00")["id"])
        if state is LoanStatus.CANCELLED:
            ok(borrower.http.post(f"{path}/cancel/"))
        if state in (LoanStatus.FUNDED, LoanStatus.COMPLETED, LoanStatus.DEFAULTED):
            fund(lender, loan["id"])
        if state is LoanStatus.COMPLETED:
            pay(borrower, loan["id"], borrower.call("GET", f"{path}/payoff/")["amount"])
        if state is LoanStatus.DEFAULTED:
            self.clock.advance(days=200)
            ok(operator.http.post("/api/admin/tasks/check_overdue_payments/run/"))
        assert ok(borrower.http.get(f"{path}/")).json["status"] == state.value
