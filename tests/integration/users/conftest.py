"""User services on a real database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from chalicelib.admin.repository import AuditRepository
from chalicelib.admin.service.security_events import SecurityEventLog
from chalicelib.api.rate_limiting.counter import counter_of
from chalicelib.api.rate_limiting.fixed_window import PURPOSE, FixedWindowLimiter, IdentifierHasher
from chalicelib.api.rate_limiting.sliding_window import SlidingWindowLimiter
from chalicelib.api.security_log import PURPOSE as PSEUDONYMS
from chalicelib.api.security_log import LogPseudonyms
from chalicelib.api.signing_keys import SigningKeys
from chalicelib.api.tokens import AccessTokens
from chalicelib.cache.service import Cache
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.idempotency import IdempotencyStore
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Limit, Settings
from chalicelib.users.domain.user import Registration, User
from chalicelib.users.repository import UserRepository
from chalicelib.users.service.accounts import UserService
from chalicelib.users.service.login_throttle import LoginThrottle
from chalicelib.users.service.passwords import PasswordHasher
from chalicelib.users.service.ports import AccountPorts
from chalicelib.users.service.sessions import SessionService
from chalicelib.wallets.repository import WalletRepository
from chalicelib.wallets.service import WalletService
from tests.engines import REGION, USE_FAST_PATH, Storage

OFF = Limit(0, 1)
PASSWORD = "a good phrase"
HOME = "203.0.113.7"


@dataclass(frozen=True, slots=True)
class UserServices:
    """The user services, and a factory of accounts."""

    accounts: UserService
    sessions: SessionService
    tokens: AccessTokens
    repository: UserRepository
    clock: FixedClock
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def register(self, username: str | None = None, **changes: str) -> User:
        """Register an account with default data."""
        name = username or f"user{next(self._numbers)}"
        registration = Registration(username=name, email=f"{name.lower()}@example.com", password=PASSWORD)
        return self.accounts.register(replace(registration, **changes))  # type: ignore[arg-type]  # all changed fields are strings

    def operator(self) -> User:
        """Create an operator."""
        return self.accounts.create_operator(username="boss", email="boss@example.com", password="an operator's phrase")


def build_services(storage: Storage, clock: FixedClock, directory: Path, settings: Settings) -> UserServices:
    """Build the services as the container does, with these settings."""
    settings = replace(
        settings,
        table_prefix=storage.prefix,
        signing_key_file=str(directory / "signing.key"),
        refresh_token_lifetime=timedelta(days=30),
    )
    database = Database(region=REGION, table_prefix=storage.prefix, use_fast_path=USE_FAST_PATH)
    keys = SigningKeys.of(replace(settings, signing_secret_id=""), clock)
    repository = UserRepository(database)
    passwords = PasswordHasher()
    login_throttle = LoginThrottle(
        SlidingWindowLimiter(database, clock), IdentifierHasher(lambda: keys.derived(PURPOSE)), settings
    )
    tokens = AccessTokens(keys, clock, settings)
    wallets = WalletService(
        WalletRepository(database, platform_shards=1), IdempotencyStore(database, clock), clock, platform_shards=1
    )
    log = SecurityEventLog(
        AuditRepository(database),
        LogPseudonyms(lambda: keys.derived(PSEUDONYMS)),
        FixedWindowLimiter(counter_of(Cache.of("", storage.prefix))),
        clock,
        clock,
        settings,
    )
    return UserServices(
        accounts=UserService(repository, passwords, login_throttle, log, clock, clock, settings),
        sessions=SessionService(
            repository, passwords, tokens, keys, login_throttle, AccountPorts(wallets, log), clock, settings
        ),
        tokens=tokens,
        repository=repository,
        clock=clock,
    )


@pytest.fixture
def users(tables: Storage, clock: FixedClock, tmp_path: Path) -> UserServices:
    """User services without rate limits."""
    return build_services(tables, clock, tmp_path, Settings(throttle_auth=OFF))


@pytest.fixture
def throttled_users(tables: Storage, clock: FixedClock, tmp_path: Path) -> UserServices:
    """User services with the default rate limits."""
    return build_services(tables, clock, tmp_path, Settings())


def cost_of(operation: Callable[[], object]) -> tuple[int, float, float]:
    """Return the round trips, write units and read units of an operation."""
    with record_consumed_capacity() as meter:
        operation()
    return meter.round_trips, meter.write_units, meter.read_units
