"""The one place where the platform is put together: plain constructors, one cached function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from chalicelib.admin.repository import AuditRepository
from chalicelib.admin.service import (
    AccountService,
    Admin,
    AuditTrail,
    CacheDesk,
    FreezeService,
    RescheduleDesk,
    TaskDesk,
)
from chalicelib.common.cache import Cache
from chalicelib.common.clock import Clock, utc_now
from chalicelib.common.cursors import PURPOSE as CURSORS
from chalicelib.common.cursors import Cursors
from chalicelib.common.dynamo import Database
from chalicelib.common.gate import PlatformGate
from chalicelib.common.idempotency import Markers
from chalicelib.common.invalidation import Invalidator, Meaning
from chalicelib.common.observability import raise_alarm
from chalicelib.common.ratelimit import PURPOSE as RATE_LIMITS
from chalicelib.common.ratelimit import CheapLimiter, Pseudonyms
from chalicelib.common.settings import Settings, read_settings
from chalicelib.common.shared_counter import counter_of
from chalicelib.common.signing_keys import SigningKeys
from chalicelib.common.strict_limits import StrictLimiter
from chalicelib.common.tokens import AccessTokens
from chalicelib.common.work import SqsQueue, WorkQueue
from chalicelib.loans.repository import (
    RELEASE_RULE,
    InvestmentRepository,
    LoanRepository,
    RuleRepository,
    WorkRepository,
)
from chalicelib.loans.repository import changes as loan_changes
from chalicelib.loans.repository.agenda import AgendaRepository
from chalicelib.loans.repository.bookkeeping import LoanBookRepository
from chalicelib.loans.service import Loans
from chalicelib.loans.service.auto_investing import AutoInvestService
from chalicelib.loans.service.bookkeeping import LoanBooks
from chalicelib.loans.service.clockwork import ClockworkService
from chalicelib.loans.service.covering import COVER, CoverService
from chalicelib.loans.service.distributing import DISTRIBUTION, DistributionService
from chalicelib.loans.service.exposure import ExposureService
from chalicelib.loans.service.funding import FundingService
from chalicelib.loans.service.holding import HoldService
from chalicelib.loans.service.investing import InvestmentService
from chalicelib.loans.service.matching import MATCH_LENDER, MATCH_LOAN, MatchingService
from chalicelib.loans.service.offering import OfferService
from chalicelib.loans.service.overseeing import LoanOversight
from chalicelib.loans.service.paying_in import PayingIn
from chalicelib.loans.service.placing import PlacementService
from chalicelib.loans.service.quoting import QuoteService
from chalicelib.loans.service.reading import LoanReader
from chalicelib.loans.service.repaying import RepaymentService
from chalicelib.loans.service.requesting import RequestService
from chalicelib.loans.service.rescheduling import RescheduleService
from chalicelib.loans.service.sweeping import ACT, SWEEP, SweepService
from chalicelib.loans.service.winding_back import REFUND, WindBackService
from chalicelib.loans.service.working import Worker, WorkerService
from chalicelib.reports.domain.tasks import TaskName
from chalicelib.reports.repository import (
    ProjectionRepository,
    ReconciliationRepository,
    ReportRepository,
    RunRepository,
)
from chalicelib.reports.service import (
    BookService,
    ProjectionService,
    RebuildService,
    ReportReader,
    Reports,
    TaskService,
)
from chalicelib.reports.service.checking import AccountChecker
from chalicelib.reports.service.daily import DailyReportService
from chalicelib.reports.service.findings import Findings
from chalicelib.reports.service.reconciling import RECONCILE, ReconciliationService
from chalicelib.reports.service.tasks import Body
from chalicelib.users.repository import UserRepository
from chalicelib.users.service import Passwords, SessionService, SignInGuard, UserService
from chalicelib.wallets.figures import figures_of
from chalicelib.wallets.repository import WalletRepository
from chalicelib.wallets.repository import namespaces_of as of_wallet
from chalicelib.wallets.service import LedgerReader, WalletService


@dataclass(frozen=True, slots=True)
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
    books: BookService
    reports: Reports
    admin: Admin


@dataclass(frozen=True, slots=True)
class _Base:
    """What every feature is built on."""

    settings: Settings
    clock: Clock
    database: Database
    queue: WorkQueue
    markers: Markers
    answers: Cache


@dataclass(frozen=True, slots=True)
class _Keeping:
    """What keeps the books, before there are tasks that run it."""

    projections: ProjectionService
    reconciliation: ReconciliationService
    rebuild: RebuildService


def build(
    settings: Settings, *, clock: Clock = utc_now, queue: WorkQueue | None = None, answers: Cache | None = None
) -> Platform:
    """Put a platform together. It makes one client, and calls nothing yet.

    ``queue`` stands in for SQS where there is none, on a laptop and in tests; ``answers`` for what CACHE_URL names.
    """
    queue = queue or SqsQueue(settings.work_queue_url, settings.region)
    database = Database(region=settings.region, table_prefix=settings.table_prefix, pool_size=settings.pool_size)
    answers = answers or Cache.of(settings.cache_url, settings.table_prefix)
    base = _Base(settings, clock, database, queue, Markers(database, clock), answers)
    keys = SigningKeys.of(settings, clock)
    tokens, strict = AccessTokens(keys, clock, settings), StrictLimiter(database, clock)
    pseudonyms = Pseudonyms(lambda: keys.derived(RATE_LIMITS))
    guard = SignInGuard(strict, pseudonyms, settings)
    people, passwords = UserRepository(database), Passwords()
    balances = WalletRepository(database, platform_shards=settings.platform_shards)
    users = UserService(people, passwords, guard, clock, settings)
    wallets = WalletService(balances, base.markers, clock)
    ledger = LedgerReader(balances, shards=settings.platform_shards)
    keeping = _keeping(base, ledger, wallets)
    loans = _loans(base, wallets, {RECONCILE: keeping.reconciliation.step})
    reports = _reports(base, keeping, loans)
    books = BookService(ledger, keeping.projections, clock)
    return Platform(
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
        books=books,
        reports=reports,
        admin=_admin(
            base, AccountService(ledger, books, wallets, users, loans.oversight, clock), users, wallets, loans, reports
        ),
    )


def _invalidator(base: _Base) -> Invalidator:
    meanings = {
        "loans": Meaning(loan_changes.namespaces_of, loan_changes.members_of, loan_changes.figures_of),
        "wallets": Meaning(of_wallet),
        "ledger": Meaning(figures=figures_of),
    }
    invalidator = Invalidator(base.answers, base.settings.table_prefix, meanings)
    base.database.listen(invalidator.committed)
    return invalidator


def _admin(
    base: _Base, accounts: AccountService, users: UserService, wallets: WalletService, loans: Loans, reports: Reports
) -> Admin:
    trail = AuditTrail(AuditRepository(base.database), users, base.clock)
    return Admin(
        freezes=FreezeService(users, wallets, trail, base.markers),
        accounts=accounts,
        trail=trail,
        reschedules=RescheduleDesk(loans.reschedules, trail, base.markers),
        tasks=TaskDesk(reports.tasks, trail),
        cache=CacheDesk(base.answers, loans.oversight, trail, base.markers),
    )


def _keeping(base: _Base, ledger: LedgerReader, wallets: WalletService) -> _Keeping:
    database, clock, shards = base.database, base.clock, base.settings.status_shards
    loans = LoanBooks(
        LoanRepository(database, WorkRepository(database), status_shards=shards),
        LoanBookRepository(database),
        status_shards=shards,
    )
    projections = ProjectionService(ProjectionRepository(database), clock)
    findings = Findings(ReportRepository(database), RunRepository(database), raise_alarm, clock)
    checker = AccountChecker(ledger, wallets, loans)
    runs = ReconciliationRepository(database)
    return _Keeping(
        projections=projections,
        reconciliation=ReconciliationService(runs, checker, ledger, loans, findings, base.queue, clock),
        rebuild=RebuildService(projections, ledger, loans),
    )


def _reports(base: _Base, keeping: _Keeping, loans: Loans) -> Reports:
    reports = ReportRepository(base.database)
    bodies: dict[TaskName, Body] = {
        TaskName.CHECK_OVERDUE_PAYMENTS: loans.sweeps.check_overdue,
        TaskName.EXPIRE_STALE_LOANS: loans.sweeps.expire_stale,
        TaskName.LOAN_STATUS_SUMMARY_REPORT: DailyReportService(keeping.projections, reports, base.clock).run,
        TaskName.RECONCILE_LEDGER: keeping.reconciliation.start,
        TaskName.CLEANUP_EXPIRED_LOAN_CACHE: base.answers.sweep,
    }
    return Reports(
        projections=keeping.projections,
        rebuild=keeping.rebuild,
        reader=ReportReader(reports),
        tasks=TaskService(bodies, RunRepository(base.database), base.clock),
    )


def _loans(base: _Base, wallets: WalletService, others: Mapping[str, Worker]) -> Loans:
    """``others`` does the work of kinds that other features put on the queue."""
    database, clock, markers, settings = base.database, base.clock, base.markers, base.settings
    work, rules = WorkRepository(database), RuleRepository(database, status_shards=settings.status_shards)
    repository = LoanRepository(database, work, status_shards=settings.status_shards)
    winding_back = WindBackService(repository, work, wallets, clock)
    paying_in, exposure = PayingIn(repository, wallets), ExposureService(rules, clock)
    holds = HoldService(repository, rules, work, wallets, clock)
    placing = PlacementService(rules, exposure, wallets, clock)
    clockwork = ClockworkService(repository, winding_back, clock)
    agenda = AgendaRepository(database, status_shards=settings.status_shards)
    sweeps = SweepService(agenda, clockwork, base.queue, clock)
    workers = {
        **others,
        ACT: sweeps.act,
        SWEEP: sweeps.go_on,
        DISTRIBUTION: DistributionService(work, wallets).distribute,
        REFUND: winding_back.wind_back,
        COVER: CoverService(repository, work, paying_in, wallets, clock).cover,
        RELEASE_RULE: holds.release,
        **_matchers(MatchingService(repository, rules, placing, status_shards=settings.status_shards)),
    }
    return Loans(
        requests=RequestService(repository, winding_back, markers, clock, settings),
        offers=OfferService(repository, work, holds, markers, clock, settings),
        funding=FundingService(repository, paying_in, markers, clock),
        repayment=RepaymentService(repository, work, wallets, markers, clock),
        quotes=QuoteService(clock, settings),
        investments=InvestmentService(InvestmentRepository(database, repository), wallets, clock),
        reader=LoanReader(repository, clock, status_shards=settings.status_shards),
        oversight=LoanOversight(repository, clock, status_shards=settings.status_shards),
        reschedules=RescheduleService(repository, clock),
        auto_invest=AutoInvestService(rules, exposure, holds, markers, clock),
        clockwork=clockwork,
        sweeps=sweeps,
        worker=WorkerService(workers, work, base.queue, clock),
    )


def _matchers(matching: MatchingService) -> dict[str, Worker]:
    return {MATCH_LOAN: matching.match_loan, MATCH_LENDER: matching.match_lender}


@cache
def platform() -> Platform:
    """The platform of this process."""
    return _installed[0] if _installed else build(read_settings())


_installed: list[Platform] = []


def install(built: Platform) -> None:
    """Make another platform this process's own: tests do, with their own tables and clock."""
    _installed[:] = [built]
    platform.cache_clear()
