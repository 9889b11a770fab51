"""A container with an operator, and a factory of registered users."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import pytest

from chalicelib.container import Container
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from chalicelib.users.domain.user import Registration, User


@dataclass(frozen=True, slots=True)
class Backoffice:
    """A container, an operator and a factory of users."""

    container: Container
    clock: FixedClock
    operator: Actor
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def user(self, role: Role = Role.BORROWER, funds: str = "") -> User:
        """Register a user, with a deposit if ``funds`` is given."""
        name = f"user{next(self._numbers)}"
        registration = Registration(username=name, email=f"{name}@example.com", password="a good phrase", role=role)
        user = self.container.users.register(registration)
        if funds:
            self.deposit(user, funds)
        return user

    def deposit(self, user: User, amount: str) -> None:
        """Deposit an amount."""
        self.container.wallets.deposit(user.as_actor(), Money.of(amount), "")

    def balance(self, user: User) -> str:
        """Return the balance of a wallet."""
        return str(self.container.wallets.balance_of(user.id).balance)


@pytest.fixture
def office(container: Container, clock: FixedClock) -> Backoffice:
    """The services on empty tables with one operator."""
    operator = container.users.create_operator(username="boss", email="boss@example.com", password="an odd phrase")
    return Backoffice(container, clock, operator.as_actor())
