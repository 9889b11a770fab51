"""Users and loans created through the API, as the starting point of a browser test."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.factories import deposit, funded_loan, open_loan

PASSWORD: Final = "correct horse battery"
PURPOSE: Final = "Workshop tools"
_numbers = itertools.count(1)


class RequestFailedError(AssertionError):
    """The API rejected a request that prepares a test."""


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in user of the API."""

    url: str
    username: str
    password: str
    token: str
    id: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request as this user and return the JSON of the response.

        Raises:
            RequestFailedError: The response is not a success.
        """
        return send(self.url, method, path, body, token=self.token)

    @property
    def available(self) -> str:
        """Amount that the wallet can spend."""
        return str(self.call("GET", "/api/wallets/")["available"])


def send(
    url: str, method: str, path: str, body: Mapping[str, object] | None = None, *, token: str | None = None
) -> Any:
    """Send a request with a new Idempotency-Key and return the JSON of the response."""
    headers = {"Accept": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if token:
        headers["Authorization"] = f"Bearer {token}"
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, content, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            text = response.read()
    except urllib.error.HTTPError as error:
        raise RequestFailedError(f"{method} {path}: {error.code} {error.read().decode()}") from error
    return json.loads(text) if text else None


def sign_in(url: str, username: str, password: str) -> User:
    """Sign in to an existing account."""
    session = send(url, "POST", "/api/users/login/", {"username": username, "password": password})
    return User(url, username, password, session["token"], session["user"]["id"])


def register(url: str, role: str, first_name: str = "", username: str | None = None) -> User:
    """Create an account, by default with a unique username, and sign in to it."""
    username = username or f"{role.lower()}{next(_numbers)}_{uuid.uuid4().hex[:6]}"
    body = {
        "username": username,
        "email": f"{username}@example.com",
        "password": PASSWORD,
        "role": role,
        "first_name": first_name,
    }
    send(url, "POST", "/api/users/register/", body)
    return sign_in(url, username, PASSWORD)


def create_borrower(url: str, balance: str | None = None) -> User:
    """Create a borrower, optionally with money in the wallet."""
    user = register(url, "BORROWER", "Bea")
    return deposit(user, balance) if balance else user


def create_lender(url: str, balance: str = "10000.00") -> User:
    """Create a lender with money in the wallet."""
    return deposit(register(url, "LENDER", "Lee"), balance)


def sign_in_operator(url: str) -> User:
    """Sign in as the operator that every local platform has."""
    return sign_in(url, "admin", "admin123")


def request_loan(borrower: User, amount: str = "1000.00", rate: str = "12.00", months: int = 6) -> str:
    """Request a loan and return its id."""
    return str(open_loan(borrower, amount, rate, months, purpose=PURPOSE)["id"])


def create_active_loan(borrower: User, lender: User) -> str:
    """Request, accept and fund a loan, and return its id."""
    return str(funded_loan(borrower, lender, purpose=PURPOSE)["id"])
