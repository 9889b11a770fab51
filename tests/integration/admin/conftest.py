"""An operator and other people, before the services themselves."""

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
class Town:
    """The platform with an operator, and a way to make people."""

    container: Container
    clock: FixedClock
    operator: Actor
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def person(self, role: Role = Role.BORROWER, funds: str = "") -> User:
        """Somebody with an account and, perhaps, money."""
        name = f"person{next(self._numbers)}"
        asked = Registration(username=name, email=f"{name}@example.com", password="a good phrase", role=role)
        user = self.container.users.register(asked)
        if funds:
            self.deposit(user, funds)
        return user

    def deposit(self, user: User, amount: str) -> None:
        """Bring money in."""
        self.container.wallets.deposit(user.as_actor(), Money.of(amount), "")

    def balance(self, user: User) -> str:
        """What a wallet holds."""
        return str(self.container.wallets.balance_of(user.id).balance)


@pytest.fixture
def town(container: Container, clock: FixedClock) -> Town:
    """A platform with an operator, on the first day."""
    boss = container.users.create_operator(username="boss", email="boss@example.com", password="an odd phrase")
    return Town(container, clock, boss.as_actor())
