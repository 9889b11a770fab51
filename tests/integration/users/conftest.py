"""The user services on a real engine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from chalicelib.api.rate_limiting.fixed_window import PURPOSE, IdentifierHasher
from chalicelib.api.rate_limiting.sliding_window import SlidingWindowLimiter
from chalicelib.api.signing_keys import SigningKeys
from chalicelib.api.tokens import AccessTokens
from chalicelib.dynamodb.database import Database
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Limit, Settings
from chalicelib.users.domain.user import Registration, User
from chalicelib.users.repository import UserRepository
from chalicelib.users.service.accounts import UserService
from chalicelib.users.service.login_throttle import LoginThrottle
from chalicelib.users.service.passwords import PasswordHasher
from chalicelib.users.service.sessions import SessionService
from tests.engines import REGION, Storage

OFF = Limit(0, 1)
PASSWORD = "a good phrase"
HOME = "203.0.113.7"


@dataclass(frozen=True, slots=True)
class People:
    """The services with everything under them, and a way to make accounts."""

    accounts: UserService
    sessions: SessionService
    tokens: AccessTokens
    repository: UserRepository
    clock: FixedClock
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def register(self, username: str | None = None, **changes: str) -> User:
        """An account with defaults."""
        name = username or f"user{next(self._numbers)}"
        asked = Registration(username=name, email=f"{name.lower()}@example.com", password=PASSWORD)
        return self.accounts.register(replace(asked, **changes))  # type: ignore[arg-type]  # all fields changed here are texts

    def operator(self) -> User:
        """An operator."""
        return self.accounts.create_operator(username="boss", email="boss@example.com", password="an operator's phrase")


def people(storage: Storage, clock: FixedClock, directory: Path, settings: Settings) -> People:
    """The services as they are wired, with these settings."""
    settings = replace(
        settings,
        table_prefix=storage.prefix,
        signing_key_file=str(directory / "signing.key"),
        refresh_token_lifetime=timedelta(days=30),
    )
    database = Database(region=REGION, table_prefix=storage.prefix)
    keys = SigningKeys.of(replace(settings, signing_secret_id=""), clock)
    repository = UserRepository(database)
    passwords = PasswordHasher()
    guard = LoginThrottle(
        SlidingWindowLimiter(database, clock), IdentifierHasher(lambda: keys.derived(PURPOSE)), settings
    )
    tokens = AccessTokens(keys, clock, settings)
    return People(
        accounts=UserService(repository, passwords, guard, clock, settings),
        sessions=SessionService(repository, passwords, tokens, keys, guard, clock, settings),
        tokens=tokens,
        repository=repository,
        clock=clock,
    )


@pytest.fixture
def town(tables: Storage, clock: FixedClock, tmp_path: Path) -> People:
    """People whom no limit slows down."""
    return people(tables, clock, tmp_path, Settings(throttle_auth=OFF))


@pytest.fixture
def guarded_town(tables: Storage, clock: FixedClock, tmp_path: Path) -> People:
    """People under the limits that a deployment has by default."""
    return people(tables, clock, tmp_path, Settings())
