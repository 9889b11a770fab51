"""People and loans for the scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any, Final

from benchmarks.stage import Caller, Request, Stage
from chalicelib.jobs.schedule import JobName
from chalicelib.shared.actor import Actor, Role

INSTALMENTS: Final = 12
ENTRIES: Final = 22
OPEN_LOANS: Final = 20
_PASSWORD: Final = "correct-horse-battery"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has registered."""

    name: str
    password: str
    caller: Caller

    def login(self) -> Request:
        """Signing in."""
        return Request("POST", "/api/users/login/", body={"username": self.name, "password": self.password})


@dataclass(frozen=True, slots=True)
class RunningLoan:
    """A loan that is being paid back, and its path."""

    at: str
    borrower: Caller
    lender: Caller


class Market:
    """Makes what a scenario needs, by requests that are not measured."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._numbers = count(1)
        self.operator = stage.caller(Role.ADMIN)

    def send(self, request: Request) -> Any:
        """The content of an answer."""
        return self._stage.send(request)

    def key(self) -> str:
        """A fresh Idempotency-Key."""
        return f"benchmarks-{next(self._numbers)}"

    def lender(self, funds: str) -> Caller:
        """A new lender with money."""
        return self._funded(Role.LENDER, funds)

    def borrower(self, funds: str = "") -> Caller:
        """A new borrower."""
        return self._funded(Role.BORROWER, funds)

    def registration(self) -> dict[str, str]:
        """The body that opens a new account."""
        name = f"newcomer_{next(self._numbers)}"
        return {"username": name, "email": f"{name}@example.com", "password": _PASSWORD, "role": "LENDER"}

    def account(self) -> Account:
        """A lender who has just registered."""
        body = self.registration()
        user = self.send(Request("POST", "/api/users/register/", body=body))
        actor = Actor(user["id"], body["username"], Role.LENDER)
        return Account(body["username"], _PASSWORD, self._stage.known(actor))

    def terms(self) -> dict[str, object]:
        """What is asked for: a thousand for twelve months."""
        return {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": INSTALMENTS}

    def open_loan(self, borrower: Caller) -> str:
        """The path of a new request."""
        return f"/api/loans/{self.send(Request('POST', '/api/loans/', borrower, self.terms()))['id']}/"

    def offer(self, lender: Caller, at: str) -> Request:
        """An offer for all of it."""
        return Request("POST", f"{at}offer/", lender, {"annual_interest_rate": "11.00"}, self.key())

    def acceptance(self, borrower: Caller, lender: Caller) -> tuple[str, Request]:
        """A loan with an offer, and the request that accepts it."""
        at = self.open_loan(borrower)
        made = self.send(self.offer(lender, at))
        return at, Request("POST", f"{at}accept-offer/", borrower, {"offer_id": made["id"]}, self.key())

    def accepted_loan(self, borrower: Caller, lender: Caller) -> str:
        """The path of a loan that waits for its lender's money."""
        at, accept = self.acceptance(borrower, lender)
        self.send(accept)
        return at

    def running_loan(self, borrower: Caller, lender: Caller) -> str:
        """The path of a funded loan."""
        at = self.accepted_loan(borrower, lender)
        self.send(Request("POST", f"{at}fund/", lender))
        return at

    def rule(self, lender: Caller) -> Request:
        """A standing rule that meets no loan."""
        body = {"amount_per_loan": "50.00", "min_rate": "50.00", "max_term": 1, "max_exposure": "5000.00"}
        return Request("POST", "/api/loans/auto-invest/", lender, body, self.key())

    @cached_property
    def saver(self) -> Caller:
        """A lender with 22 entries in the wallet; 20 loans are open."""
        person, borrower = self.lender("1.00"), self.borrower()
        for _ in range(ENTRIES - 1):
            self.send(Request("POST", "/api/wallets/deposit/", person, {"amount": "50.00"}))
        for _ in range(OPEN_LOANS):
            self.open_loan(borrower)
        return person

    @cached_property
    def running(self) -> RunningLoan:
        """A loan with one instalment paid; its borrower has asked for 19 others."""
        borrower, lender = self.borrower("2000.00"), self.lender("2000.00")
        at = self.running_loan(borrower, lender)
        self.send(Request("POST", f"{at}pay/", borrower))
        for _ in range(OPEN_LOANS - 1):
            self.open_loan(borrower)
        return RunningLoan(at, borrower, lender)

    @cached_property
    def offered(self) -> tuple[Caller, Caller, str]:
        """Borrower and lender of a loan with one offer, and its path."""
        borrower, lender = self.borrower(), self.lender("10.00")
        at = self.open_loan(borrower)
        self.send(self.offer(lender, at))
        return borrower, lender, at

    @cached_property
    def ruler(self) -> Caller:
        """A lender with one standing rule."""
        lender = self.lender("10.00")
        self.send(self.rule(lender))
        return lender

    @cached_property
    def quoted(self) -> dict[str, object]:
        """Terms to calculate with."""
        return self.terms()

    def after_runs(self, path: str) -> str:
        """The path, once there are 20 runs of a task and a report."""
        return path if self._has_run else ""

    @cached_property
    def _has_run(self) -> bool:
        for _ in range(OPEN_LOANS):
            self._stage.container.job_runner.run(JobName.LOAN_STATUS_SUMMARY_REPORT)
        return True

    def _funded(self, role: Role, funds: str) -> Caller:
        person = self._stage.caller(role)
        if funds:
            self.send(Request("POST", "/api/wallets/deposit/", person, {"amount": funds}))
        return person
