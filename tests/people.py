"""People for tests: registered, signed in, with money."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

from chalicelib.shared.actor import Actor, Role
from tests.http_client import Answer, HttpClient

PASSWORD = "correct-horse-battery"
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account and an access token."""

    http: HttpClient
    actor: Actor

    @property
    def id(self) -> str:
        """The user's id."""
        return self.actor.user_id

    def balance(self) -> str:
        """The wallet's balance, as the API shows it."""
        return str(ok(self.http.get("/api/wallets/")).json["balance"])

    def from_address(self, address: str) -> Person:
        """The same person at another network address."""
        return replace(self, http=replace(self.http, source_ip=address))


def ok(answer: Answer) -> Answer:
    """The answer, which must be a success."""
    assert 200 <= answer.status < 300, (answer.status, answer.body)
    return answer


def register(http: HttpClient, role: Role, *, name: str = "", funds: str = "") -> Person:
    """A new person; ``funds`` are deposited."""
    username = name or f"{role.value.lower()}_{next(_NUMBERS)}"
    body = {"username": username, "email": f"{username}@example.com", "password": PASSWORD, "role": role.value}
    user = ok(http.post("/api/users/register/", body)).json
    token = ok(http.post("/api/users/login/", {"username": username, "password": PASSWORD})).json["token"]
    person = Person(http.signed_in(token), Actor(user["id"], username, role))
    if funds:
        ok(person.http.post("/api/wallets/deposit/", {"amount": funds}))
    return person


def a_borrower(http: HttpClient, funds: str = "") -> Person:
    """A borrower."""
    return register(http, Role.BORROWER, funds=funds)


def a_lender(http: HttpClient, funds: str = "") -> Person:
    """A lender."""
    return register(http, Role.LENDER, funds=funds)
