"""The one place where the platform is put together: plain constructors, one cached function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from chalicelib.common.cache import Cache
from chalicelib.common.clock import Clock, utc_now
from chalicelib.common.cursors import PURPOSE as CURSORS
from chalicelib.common.cursors import Cursors
from chalicelib.common.dynamo import Database
from chalicelib.common.gate import PlatformGate
from chalicelib.common.idempotency import Markers
from chalicelib.common.invalidation import Invalidator, Meaning
from chalicelib.common.ratelimit import PURPOSE as RATE_LIMITS
from chalicelib.common.ratelimit import CheapLimiter, Pseudonyms
from chalicelib.common.settings import Settings, read_settings
from chalicelib.common.shared_counter import counter_of
from chalicelib.common.signing_keys import SigningKeys
from chalicelib.common.strict_limits import StrictLimiter
from chalicelib.common.tokens import AccessTokens
from chalicelib.common.work import SqsQueue, WorkQueue
from chalicelib.loans.repository import changes as loan_changes
from chalicelib.loans.service import Loans
from chalicelib.reports.domain.tasks import RECONCILE
from chalicelib.users.repository import UserRepository
from chalicelib.users.service import Passwords, SessionService, SignInGuard, UserService
from chalicelib.wallets.figures import figures_of
from chalicelib.wallets.repository import WalletRepository
from chalicelib.wallets.repository import namespaces_of as of_wallet
from chalicelib.wallets.service import LedgerReader, WalletService
from chalicelib.wiring.base import Base
from chalicelib.wiring.lending import lending

if TYPE_CHECKING:
    from chalicelib.admin.service import Admin
    from chalicelib.reports.service import BookService, Reports
    from chalicelib.wiring.keeping import Keeping


@dataclass(frozen=True)
class Platform:
    """Everything that routes and jobs call."""

    settings: Settings
    clock: Clock
    database: Database
    cache: Cache
    invalidator: Invalidator
    cursors: Cursors
    gate: PlatformGate
    users: UserService
    sessions: SessionService
    wallets: WalletService
    queue: WorkQueue
    loans: Loans
    keep: Callable[[], Keeping]

    @cached_property
    def keeping(self) -> Keeping:
        """What operators and tasks call: put together when the first of them does."""
        return self.keep()

    @property
    def books(self) -> BookService:
        """The ledger as a whole."""
        return self.keeping.books

    @property
    def reports(self) -> Reports:
        """Reports, and the tasks of the clock."""
        return self.keeping.reports

    @property
    def admin(self) -> Admin:
        """The operators' services."""
        return self.keeping.admin


def build(
    settings: Settings, *, clock: Clock = utc_now, queue: WorkQueue | None = None, answers: Cache | None = None
) -> Platform:
    """Put a platform together. It makes one client, and calls nothing yet.

    ``queue`` stands in for SQS where there is none, on a laptop and in tests; ``answers`` for what CACHE_URL names.
    """
    queue = queue or SqsQueue(settings.work_queue_url, settings.region)
    database = Database(region=settings.region, table_prefix=settings.table_prefix, pool_size=settings.pool_size)
    answers = answers or Cache.of(settings.cache_url, settings.table_prefix)
    base = Base(settings, clock, database, queue, Markers(database, clock), answers)
    keys = SigningKeys.of(settings, clock)
    tokens, strict = AccessTokens(keys, clock, settings), StrictLimiter(database, clock)
    pseudonyms = Pseudonyms(lambda: keys.derived(RATE_LIMITS))
    guard = SignInGuard(strict, pseudonyms, settings)
    people, passwords = UserRepository(database), Passwords()
    balances = WalletRepository(database, platform_shards=settings.platform_shards)
    users = UserService(people, passwords, guard, clock, settings)
    wallets = WalletService(balances, base.markers, clock)
    ledger = LedgerReader(balances, shards=settings.platform_shards)
    loans = lending(base, wallets, {RECONCILE: lambda piece: built.keeping.reconciliation.step(piece)})
    built = Platform(
        settings=settings,
        clock=clock,
        database=database,
        cache=answers,
        invalidator=_invalidator(base),
        cursors=Cursors(lambda: keys.derived(CURSORS)),
        gate=PlatformGate(tokens, guard.admit_address, strict, CheapLimiter(counter_of(answers)), pseudonyms, settings),
        users=users,
        sessions=SessionService(people, passwords, tokens, keys, guard, clock, settings),
        wallets=wallets,
        queue=queue,
        loans=loans,
        keep=lambda: _keeping(base, ledger, wallets, users, loans),
    )
    return built


def _keeping(base: Base, ledger: LedgerReader, wallets: WalletService, users: UserService, loans: Loans) -> Keeping:
    from chalicelib.wiring.keeping import keeping  # a tenth of the import, which most environments never need

    return keeping(base, ledger, wallets, users, loans)


def _invalidator(base: Base) -> Invalidator:
    meanings = {
        "loans": Meaning(loan_changes.namespaces_of, loan_changes.members_of, loan_changes.figures_of),
        "wallets": Meaning(of_wallet),
        "ledger": Meaning(figures=figures_of),
    }
    invalidator = Invalidator(base.answers, base.settings.table_prefix, meanings)
    base.database.listen(invalidator.committed)
    return invalidator


@cache
def platform() -> Platform:
    """The platform of this process."""
    return _installed[0] if _installed else build(read_settings())


_installed: list[Platform] = []


def install(built: Platform) -> None:
    """Make another platform this process's own: tests do, with their own tables and clock."""
    _installed[:] = [built]
    platform.cache_clear()
