"""People and loans made through the API, so that a browser test starts where its story starts."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PASSWORD: Final = "correct horse battery"
_numbers = itertools.count(1)


class Declined(AssertionError):
    """The API refused a call that prepares a test."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account and what it may do."""

    url: str
    username: str
    password: str
    token: str
    id: str

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Call the API as this person; gives the JSON answer.

        Raises:
            Declined: any answer but success.
        """
        return call(self.url, method, path, body, token=self.token)

    def has(self, amount: str) -> Person:
        """Put money into the wallet."""
        self.call("POST", "/api/wallets/deposit/", {"amount": amount})
        return self

    @property
    def available(self) -> str:
        """What the wallet can spend."""
        return str(self.call("GET", "/api/wallets/")["available"])


def call(
    url: str, method: str, path: str, body: Mapping[str, object] | None = None, *, token: str | None = None
) -> Any:
    """One request; money moves under a key of its own."""
    headers = {"Accept": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if token:
        headers["Authorization"] = f"Bearer {token}"
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, content, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as refusal:
        raise Declined(f"{method} {path}: {refusal.code} {refusal.read().decode()}") from refusal
    return json.loads(text) if text else None


def sign_in(url: str, username: str, password: str) -> Person:
    """Somebody who has an account."""
    answer = call(url, "POST", "/api/users/login/", {"username": username, "password": password})
    return Person(url, username, password, answer["token"], answer["user"]["id"])


def register(url: str, role: str, first_name: str = "") -> Person:
    """Somebody new, whose name no other test uses."""
    username = f"{role.lower()}{next(_numbers)}_{uuid.uuid4().hex[:6]}"
    body = {
        "username": username,
        "email": f"{username}@example.com",
        "password": PASSWORD,
        "role": role,
        "first_name": first_name,
    }
    call(url, "POST", "/api/users/register/", body)
    return sign_in(url, username, PASSWORD)


def a_borrower(url: str, has: str | None = None) -> Person:
    """A new borrower, with money in the wallet where the story needs it."""
    person = register(url, "BORROWER", "Bea")
    return person.has(has) if has else person


def a_lender(url: str, has: str = "10000.00") -> Person:
    """A new lender with money."""
    return register(url, "LENDER", "Lee").has(has)


def an_operator(url: str) -> Person:
    """The operator that every local platform has."""
    return sign_in(url, "admin", "admin123")


def a_request(borrower: Person, amount: str = "1000.00", rate: str = "12.00", months: int = 6) -> str:
    """A loan that is asked for; gives its id."""
    terms = {"amount": amount, "annual_interest_rate": rate, "term_months": months}
    body = {**terms, "purpose": "Workshop tools"}
    return str(borrower.call("POST", "/api/loans/", body)["id"])


def an_offer(lender: Person, loan: str, rate: str = "12.00", amount: str | None = None) -> str:
    """An offer on it; gives the offer's id."""
    body = {"annual_interest_rate": rate, **({"amount": amount} if amount else {})}
    return str(lender.call("POST", f"/api/loans/{loan}/offer/", body)["id"])


def a_funded_loan(borrower: Person, lender: Person, amount: str = "1000.00", months: int = 6) -> str:
    """A loan that is being paid; gives its id."""
    loan = a_request(borrower, amount, months=months)
    offer = an_offer(lender, loan)
    borrower.call("POST", f"/api/loans/{loan}/accept-offer/", {"offer_id": offer})
    lender.call("POST", f"/api/loans/{loan}/fund/", {})
    return loan
