"""The first part of the object graph: users, wallets and loans."""

from datetime import date
from functools import cached_property

from chalicelib.admin.domain.sandbox_clock import SandboxClock
from chalicelib.admin.repository import AuditRepository
from chalicelib.admin.service.security_events import SecurityEventLog
from chalicelib.api.pagination import PURPOSE as CURSORS
from chalicelib.api.pagination import Cursors
from chalicelib.api.rate_limiting.counter import counter_of
from chalicelib.api.rate_limiting.fixed_window import PURPOSE as RATE_LIMITS
from chalicelib.api.rate_limiting.fixed_window import FixedWindowLimiter, IdentifierHasher
from chalicelib.api.rate_limiting.limits import RateLimits
from chalicelib.api.rate_limiting.sliding_window import SlidingWindowLimiter
from chalicelib.api.security_log import PURPOSE as PSEUDONYMS
from chalicelib.api.security_log import LogPseudonyms
from chalicelib.api.signing_keys import SigningKeys
from chalicelib.api.tokens import AccessTokens
from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.auto_invest.service.matching import MatchingService
from chalicelib.auto_invest.service.reservations import ReservationService
from chalicelib.auto_invest.service.rules import AutoInvestService
from chalicelib.cache.invalidation import InvalidationRule, Invalidator
from chalicelib.cache.service import Cache
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.idempotency import IdempotencyStore
from chalicelib.investments.repository import InvestmentRepository
from chalicelib.investments.service import InvestmentService
from chalicelib.jobs.outbox import OutboxRepository
from chalicelib.jobs.queue import JobQueue, SqsJobQueue
from chalicelib.loans.repository import invalidation as loan_changes
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.next_actions import NextActionRepository
from chalicelib.loans.repository.proposals import ProposalRepository
from chalicelib.loans.repository.reconciliation import LoanReconciliationRepository
from chalicelib.loans.service.queries import LoanQueries
from chalicelib.loans.service.reconciliation import LoanReconciliationReader
from chalicelib.origination.service.frozen_accounts import FrozenAccountService
from chalicelib.origination.service.funding import FundingService
from chalicelib.origination.service.loan_requests import LoanRequestService
from chalicelib.origination.service.offers import OfferService
from chalicelib.origination.service.unfunded_loans import UnfundedLoanService
from chalicelib.origination.service.unwind import UnwindService
from chalicelib.servicing.service.autopay import AutopayService
from chalicelib.servicing.service.lifecycle import LifecycleService
from chalicelib.servicing.service.payments import PaymentService
from chalicelib.servicing.service.rescheduling import RescheduleService
from chalicelib.shared.clock import Clock, utc_now
from chalicelib.shared.settings import Settings
from chalicelib.users.repository import UserRepository
from chalicelib.users.service.accounts import UserService
from chalicelib.users.service.login_throttle import LoginThrottle
from chalicelib.users.service.passwords import PasswordHasher
from chalicelib.users.service.ports import AccountPorts
from chalicelib.users.service.sessions import SessionService
from chalicelib.wallets.metrics import metrics_for
from chalicelib.wallets.repository import WalletRepository
from chalicelib.wallets.repository import namespaces_of as wallet_namespaces
from chalicelib.wallets.service import WalletService


class BaseContainer:
    """Services that lend money. Building it makes one DynamoDB client and calls nothing.

    Args:
        settings: the deployment's settings.
        clock: business time; tests pass a fixed one.
        real_time: the time of tokens, sessions, limits and expiring records, which no test clock moves.
        queue: replaces the SQS queue of background jobs on a laptop and in tests.
        delivery_queue: replaces that of webhook deliveries.
        email_queue: replaces that of emails.
        cache: replaces the cache that ``CACHE_URL`` names.
        sandbox_clock: advances ``clock``; on a laptop only.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        real_time: Clock = utc_now,
        queue: JobQueue | None = None,
        delivery_queue: JobQueue | None = None,
        email_queue: JobQueue | None = None,
        cache: Cache | None = None,
        sandbox_clock: SandboxClock | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.real_time = real_time
        self.sandbox_clock = sandbox_clock
        self.queue = queue or SqsJobQueue(settings.work_queue_url, settings.region)
        self.delivery_queue = delivery_queue or SqsJobQueue(settings.delivery_queue_url, settings.region)
        self.email_queue = email_queue or SqsJobQueue(settings.email_queue_url, settings.region)
        self.database = Database(
            region=settings.region,
            table_prefix=settings.table_prefix,
            pool_size=settings.pool_size,
            use_fast_path=settings.dynamodb_fast_path,
        )
        self.cache = cache or Cache.of(settings.cache_url, settings.table_prefix)
        self.idempotency = IdempotencyStore(self.database, real_time)
        self.keys = SigningKeys.of(settings, real_time)
        self.identifiers = IdentifierHasher(lambda: self.keys.derived(RATE_LIMITS))
        self.log_pseudonyms = LogPseudonyms(lambda: self.keys.derived(PSEUDONYMS))
        self.sliding_window = SlidingWindowLimiter(self.database, real_time)
        self.fixed_window = FixedWindowLimiter(counter_of(self.cache))
        self.invalidator = Invalidator(
            self.cache,
            settings.table_prefix,
            {
                "loans": InvalidationRule(
                    loan_changes.namespaces_of, loan_changes.affected_lists, loan_changes.metrics_for
                ),
                "wallets": InvalidationRule(wallet_namespaces),
                "ledger": InvalidationRule(metrics=metrics_for),
            },
        )
        self.database.subscribers.append(self.invalidator.committed)

    def today(self) -> date:
        """Return the business day in UTC."""
        return self.clock().date()

    # API

    @cached_property
    def cursors(self) -> Cursors:
        return Cursors(lambda: self.keys.derived(CURSORS))

    @cached_property
    def tokens(self) -> AccessTokens:
        return AccessTokens(self.keys, self.real_time, self.settings)

    @cached_property
    def rate_limits(self) -> RateLimits:
        return RateLimits(
            self.login_throttle.admit_address,
            self.sliding_window,
            self.fixed_window,
            self.identifiers,
            self.settings,
        )

    @cached_property
    def security_log(self) -> SecurityEventLog:
        return SecurityEventLog(
            AuditRepository(self.database),
            self.log_pseudonyms,
            self.fixed_window,
            self.clock,
            self.real_time,
            self.settings,
        )

    # Users

    @cached_property
    def user_repository(self) -> UserRepository:
        return UserRepository(self.database)

    @cached_property
    def passwords(self) -> PasswordHasher:
        return PasswordHasher()

    @cached_property
    def login_throttle(self) -> LoginThrottle:
        return LoginThrottle(self.sliding_window, self.identifiers, self.settings)

    @cached_property
    def users(self) -> UserService:
        return UserService(
            self.user_repository,
            self.passwords,
            self.login_throttle,
            self.security_log,
            self.clock,
            self.real_time,
            self.settings,
        )

    @cached_property
    def sessions(self) -> SessionService:
        return SessionService(
            self.user_repository,
            self.passwords,
            self.tokens,
            self.keys,
            self.login_throttle,
            AccountPorts(self.wallets, self.security_log),
            self.real_time,
            self.settings,
        )

    # Wallets and the ledger

    @cached_property
    def wallet_repository(self) -> WalletRepository:
        return WalletRepository(self.database, platform_shards=self.settings.platform_shards)

    @cached_property
    def wallets(self) -> WalletService:
        return WalletService(
            self.wallet_repository, self.idempotency, self.clock, platform_shards=self.settings.platform_shards
        )

    # Loans

    @cached_property
    def outbox(self) -> OutboxRepository:
        return OutboxRepository(self.database)

    @cached_property
    def loan_repository(self) -> LoanRepository:
        return LoanRepository(self.database, status_shards=self.settings.status_shards)

    @cached_property
    def loan_queries(self) -> LoanQueries:
        return LoanQueries(
            self.loan_repository, self.proposals, self.wallets, self.clock, status_shards=self.settings.status_shards
        )

    @cached_property
    def proposals(self) -> ProposalRepository:
        return ProposalRepository(self.database)

    @cached_property
    def loan_reconciliation(self) -> LoanReconciliationReader:
        return LoanReconciliationReader(
            self.loan_repository,
            LoanReconciliationRepository(self.database),
            self.outbox,
            status_shards=self.settings.status_shards,
        )

    # Auto-invest

    @cached_property
    def rule_repository(self) -> RuleRepository:
        return RuleRepository(self.database, status_shards=self.settings.status_shards)

    @cached_property
    def reservations(self) -> ReservationService:
        return ReservationService(self.loan_repository, self.rule_repository, self.outbox, self.wallets, self.clock)

    @cached_property
    def auto_invest(self) -> AutoInvestService:
        return AutoInvestService(self.rule_repository, self.reservations, self.wallets, self.idempotency, self.clock)

    @cached_property
    def matching(self) -> MatchingService:
        return MatchingService(
            self.loan_repository,
            self.rule_repository,
            self.auto_invest,
            self.wallets,
            self.clock,
            self.settings,
        )

    # Origination

    @cached_property
    def unfunded_loans(self) -> UnfundedLoanService:
        return UnfundedLoanService(self.loan_repository, self.unwind, self.wallets, self.clock)

    @cached_property
    def unwind(self) -> UnwindService:
        return UnwindService(self.loan_repository, self.outbox, self.wallets, self.clock)

    @cached_property
    def loan_requests(self) -> LoanRequestService:
        return LoanRequestService(
            self.loan_repository, self.unwind, self.wallets, self.idempotency, self.clock, self.settings
        )

    @cached_property
    def offers(self) -> OfferService:
        return OfferService(
            self.loan_repository,
            self.outbox,
            self.reservations,
            self.wallets,
            self.idempotency,
            self.clock,
            self.settings,
        )

    @cached_property
    def funding(self) -> FundingService:
        return FundingService(self.loan_repository, self.outbox, self.wallets, self.idempotency, self.clock)

    @cached_property
    def frozen_accounts(self) -> FrozenAccountService:
        return FrozenAccountService(self.loan_repository, self.auto_invest, self.outbox, self.wallets, self.clock)

    # Servicing

    @cached_property
    def payments(self) -> PaymentService:
        return PaymentService(self.loan_repository, self.outbox, self.wallets, self.idempotency, self.clock)

    @cached_property
    def autopay(self) -> AutopayService:
        return AutopayService(self.loan_repository, self.wallets, self.idempotency, self.clock)

    @cached_property
    def rescheduling(self) -> RescheduleService:
        return RescheduleService(self.loan_repository, self.proposals, self.clock)

    @cached_property
    def lifecycle(self) -> LifecycleService:
        next_actions = NextActionRepository(self.database, status_shards=self.settings.status_shards)
        return LifecycleService(
            self.loan_repository,
            next_actions,
            self.unfunded_loans,
            self.reservations,
            self.payments,
            self.queue,
            self.clock,
        )

    @cached_property
    def investments(self) -> InvestmentService:
        return InvestmentService(InvestmentRepository(self.database, self.loan_repository), self.wallets, self.clock)
