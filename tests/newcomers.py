"""People who are signed in without having registered: hashing a password takes longer than most tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Final

import pytest

from chalicelib.api.signing_keys import SigningKeys
from chalicelib.api.tokens import AccessTokens
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock, FixedClock
from chalicelib.shared.ids import new_id
from chalicelib.shared.settings import Settings
from tests.http_client import HttpClient
from tests.people import Person, ok

_NUMBERS = count(1)
_A_LOAN_S_LIFE: Final = timedelta(days=4000)


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Makes people with access tokens that the platform under test has issued."""

    http: HttpClient
    tokens: AccessTokens
    clock: Clock

    def person(self, role: Role, funds: str = "", *, name: str = "") -> Person:
        """A new person; ``funds`` are deposited."""
        actor = Actor(new_id(self.clock()), name or f"{role.value.lower()}_{next(_NUMBERS)}", role)
        person = Person(self.http.signed_in(self.tokens.issue(actor).text), actor)
        if funds:
            ok(person.http.post("/api/wallets/deposit/", {"amount": funds}))
        return person

    def borrower(self, funds: str = "") -> Person:
        """A borrower."""
        return self.person(Role.BORROWER, funds)

    def lender(self, funds: str = "") -> Person:
        """A lender."""
        return self.person(Role.LENDER, funds)

    def operator(self) -> Person:
        """An operator."""
        return self.person(Role.ADMIN)


@pytest.fixture
def newcomers(http: HttpClient, settings: Settings, clock: FixedClock) -> Newcomers:
    """Where a test gets its people from."""
    return Newcomers(http, AccessTokens(SigningKeys.of(settings, clock), clock, settings), clock)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Tokens that outlive a loan, so that a test may move the clock by years."""
    return replace(settings, access_token_lifetime=_A_LOAN_S_LIFE)
