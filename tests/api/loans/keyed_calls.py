"""Every call of a wallet or a loan that takes an Idempotency-Key, ready to be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.factories import User, UserFactory, funded_loan, make_offer, open_loan, subscribed_loan
from tests.http_client import Response


@dataclass(frozen=True)
class Call:
    """A request that changes something, ready to be sent, with another body that is good as well."""

    person: User
    path: str
    body: Mapping[str, Any] | None
    other_body: Mapping[str, Any] | None = None
    method: str = "POST"

    def send(self, key: str | None = "the-key", body: Mapping[str, Any] | None = None) -> Response:
        """Send it."""
        return self.person.http.send(self.method, self.path, body or self.body, key=key)


@dataclass(frozen=True)
class Stage:
    """Who takes part."""

    borrower: User
    lender: User

    def deposit(self) -> Call:
        return Call(self.lender, "/api/wallets/deposit/", {"amount": "5.00"}, {"amount": "6.00"})

    def withdraw(self) -> Call:
        return Call(self.lender, "/api/wallets/withdraw/", {"amount": "5.00"}, {"amount": "6.00"})

    def request(self) -> Call:
        terms = {"amount": "600.00", "annual_interest_rate": "10.00"}
        return Call(self.borrower, "/api/loans/", terms, {**terms, "purpose": "A van"})

    def offer(self) -> Call:
        path = f"/api/loans/{open_loan(self.borrower)['id']}/offer/"
        return Call(self.lender, path, {"annual_interest_rate": "9.00"}, {"annual_interest_rate": "8.00"})

    def take_back(self) -> Call:
        loan = open_loan(self.borrower)
        make_offer(self.lender, loan["id"])
        return Call(self.lender, f"/api/loans/{loan['id']}/offer/", None, method="DELETE")

    def accept(self) -> Call:
        loan = open_loan(self.borrower)
        made = make_offer(self.lender, loan["id"])
        path = f"/api/loans/{loan['id']}/accept-offer/"
        return Call(self.borrower, path, {"offer_id": made["id"]}, {"offer_id": "7" * 26})

    def fund(self) -> Call:
        return Call(self.lender, f"/api/loans/{subscribed_loan(self.borrower, self.lender)['id']}/fund/", {})

    def pay(self) -> Call:
        path = f"/api/loans/{funded_loan(self.borrower, self.lender)['id']}/pay/"
        return Call(self.borrower, path, {"amount": "10.00"}, {"amount": "11.00"})

    def cancel(self) -> Call:
        return Call(self.borrower, f"/api/loans/{subscribed_loan(self.borrower, self.lender)['id']}/cancel/", {})


CALLS: Mapping[str, Callable[[Stage], Call]] = {
    "deposit": Stage.deposit,
    "withdraw": Stage.withdraw,
    "request": Stage.request,
    "offer": Stage.offer,
    "take back": Stage.take_back,
    "accept": Stage.accept,
    "fund": Stage.fund,
    "pay": Stage.pay,
    "cancel": Stage.cancel,
}


@pytest.fixture
def stage(user_factory: UserFactory) -> Stage:
    return Stage(user_factory.borrower("500.00"), user_factory.lender("5000.00"))
