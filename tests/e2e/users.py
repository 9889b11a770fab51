"""Users created through the API, who act in browser tests and prepare their loans."""

import itertools
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.factories import PASSWORD, deposit

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in user of the API."""

    url: str
    username: str
    password: str
    token: str
    id: str

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Send a request that must succeed and return the JSON of the response."""
        return send(self.url, method, path, body, token=self.token)

    @property
    def available(self) -> str:
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
        raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
    return json.loads(text) if text else None


def sign_in(url: str, username: str, password: str) -> User:
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
    return deposit(register(url, "LENDER", "Lee"), balance)


def sign_in_operator(url: str) -> User:
    """Sign in as the operator that every local platform has."""
    return sign_in(url, "admin", "admin123")
