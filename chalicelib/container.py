"""The object graph of one process: every service, built on first use from the settings."""

from datetime import date
from functools import cache, cached_property
from operator import attrgetter

from chalicelib.admin.repository import AuditRepository
from chalicelib.admin.service.account_access import AccessService
from chalicelib.admin.service.account_freezes import FreezeService
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.admin.service.cache import CacheAdminService
from chalicelib.admin.service.jobs import JobAdminService
from chalicelib.admin.service.ledger_accounts import LedgerAccountService
from chalicelib.admin.service.payouts import PayoutAdminService
from chalicelib.admin.service.rescheduling import OperatorRescheduleService
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
from chalicelib.auto_invest.service.matching import MATCH_LENDER, MATCH_LOAN, MatchingService
from chalicelib.auto_invest.service.reservations import ReservationService
from chalicelib.auto_invest.service.rules import AutoInvestService
from chalicelib.auto_invest.service.triggers import match_changed_loan, match_changed_rule, match_credited_wallet
from chalicelib.cache.invalidation import InvalidationRule, Invalidator
from chalicelib.cache.service import Cache
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.idempotency import IdempotencyStore
from chalicelib.investments.repository import InvestmentRepository
from chalicelib.investments.service import InvestmentService
from chalicelib.jobs.outbox import APPLY_FREEZE, RELEASE_RULE, OutboxRepository, stored_job
from chalicelib.jobs.queue import JobQueue, SqsJobQueue
from chalicelib.jobs.run_repository import RunRepository
from chalicelib.jobs.runner import JobRunner
from chalicelib.jobs.schedule import JOBS
from chalicelib.jobs.streams import StreamProcessor
from chalicelib.jobs.worker import JobDispatcher, JobHandler
from chalicelib.loans.repository import invalidation as loan_changes
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.next_actions import NextActionRepository
from chalicelib.loans.repository.proposals import ProposalRepository
from chalicelib.loans.repository.reconciliation import LoanReconciliationRepository
from chalicelib.loans.service.queries import LoanQueries
from chalicelib.loans.service.reconciliation import LoanReconciliationReader
from chalicelib.origination.service.frozen_accounts import FrozenAccountService
from chalicelib.origination.service.funding import FUND_AUTO_INVEST_OFFERS, FundingService
from chalicelib.origination.service.loan_requests import LoanRequestService
from chalicelib.origination.service.offers import OfferService
from chalicelib.origination.service.unwind import UNWIND_LOAN, UnwindService
from chalicelib.reporting.repository.projections import ProjectionRepository
from chalicelib.reporting.repository.reconciliations import ReconciliationRepository
from chalicelib.reporting.repository.reports import ReportRepository
from chalicelib.reporting.service.general_ledger import GeneralLedger
from chalicelib.reporting.service.projections import ProjectionService
from chalicelib.reporting.service.reconciliation import RECONCILE, ReconciliationService
from chalicelib.reporting.service.reports import DailyReportService, ReportQueries
from chalicelib.reporting.service.reservation_check import ReconciledData
from chalicelib.servicing.service.lifecycle import ACT_ON_LOAN, CONTINUE_DUE_LOANS, LifecycleService
from chalicelib.servicing.service.payments import DISTRIBUTION, PaymentService
from chalicelib.servicing.service.rescheduling import RescheduleService
from chalicelib.shared.clock import Clock, utc_now
from chalicelib.shared.settings import Settings, read_settings
from chalicelib.transfers.account_cipher import account_cipher
from chalicelib.transfers.repository.bank_accounts import BankAccountRepository
from chalicelib.transfers.repository.notifications import NotificationRepository
from chalicelib.transfers.repository.payouts import PayoutRepository
from chalicelib.transfers.repository.reconciliation import TransferReconciliationRepository
from chalicelib.transfers.repository.transfers import TransferRepository
from chalicelib.transfers.service.bank_accounts import BankAccountService
from chalicelib.transfers.service.payouts import PayingAccount, PayoutService
from chalicelib.transfers.service.reconciliation import TransferReconciliationReader
from chalicelib.transfers.service.transfers import TransferService
from chalicelib.users.repository import UserRepository
from chalicelib.users.service.accounts import UserService
from chalicelib.users.service.login_throttle import LoginThrottle
from chalicelib.users.service.passwords import PasswordHasher
from chalicelib.users.service.sessions import SessionService
from chalicelib.wallets.metrics import metrics_for
from chalicelib.wallets.repository import WalletRepository
from chalicelib.wallets.repository import namespaces_of as wallet_namespaces
from chalicelib.wallets.service import WalletService


class Container:
    """Services of one process. Building it makes one DynamoDB client and calls nothing.

    Args:
        settings: the deployment's settings.
        clock: business time; tests pass a fixed one.
        real_time: the time of issue and of revocation of tokens, which no test clock moves.
        queue: replaces SQS on a laptop and in tests.
        cache: replaces the cache that ``CACHE_URL`` names.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        real_time: Clock = utc_now,
        queue: JobQueue | None = None,
        cache: Cache | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.real_time = real_time
        self.queue = queue or SqsJobQueue(settings.work_queue_url, settings.region)
        self.database = Database(
            region=settings.region,
            table_prefix=settings.table_prefix,
            pool_size=settings.pool_size,
            use_fast_path=settings.dynamodb_fast_path,
        )
        self.cache = cache or Cache.of(settings.cache_url, settings.table_prefix)
        self.idempotency = IdempotencyStore(self.database, clock)
        self.keys = SigningKeys.of(settings, clock)
        self.identifiers = IdentifierHasher(lambda: self.keys.derived(RATE_LIMITS))
        self.log_pseudonyms = LogPseudonyms(lambda: self.keys.derived(PSEUDONYMS))
        self.sliding_window = SlidingWindowLimiter(self.database, clock)
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
        return AccessTokens(self.keys, self.clock, self.settings, self.real_time)

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
            AuditRepository(self.database), self.log_pseudonyms, self.fixed_window, self.clock, self.settings
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
        return UserService(self.user_repository, self.passwords, self.login_throttle, self.clock, self.settings)

    @cached_property
    def sessions(self) -> SessionService:
        return SessionService(
            self.user_repository,
            self.passwords,
            self.tokens,
            self.keys,
            self.login_throttle,
            self.wallets,
            self.clock,
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
    def rescheduling(self) -> RescheduleService:
        return RescheduleService(self.loan_repository, self.proposals, self.clock)

    @cached_property
    def lifecycle(self) -> LifecycleService:
        next_actions = NextActionRepository(self.database, status_shards=self.settings.status_shards)
        return LifecycleService(
            self.loan_repository,
            next_actions,
            self.unwind,
            self.reservations,
            self.payments,
            self.queue,
            self.clock,
        )

    @cached_property
    def investments(self) -> InvestmentService:
        return InvestmentService(InvestmentRepository(self.database, self.loan_repository), self.wallets, self.clock)

    # Transfers

    @cached_property
    def transfer_repository(self) -> TransferRepository:
        return TransferRepository(self.database)

    @cached_property
    def notification_repository(self) -> NotificationRepository:
        return NotificationRepository(self.database)

    @cached_property
    def bank_accounts(self) -> BankAccountService:
        return BankAccountService(
            BankAccountRepository(self.database),
            account_cipher(self.settings),
            self.wallets,
            self.idempotency,
            self.clock,
            cooling=self.settings.payee_cooling,
        )

    @cached_property
    def transfers(self) -> TransferService:
        return TransferService(
            self.transfer_repository,
            self.wallets,
            self.reservations,
            self.clock,
            expiry_days=self.settings.deposit_expiry_days,
        )

    @cached_property
    def payouts(self) -> PayoutService:
        settings = self.settings
        account = PayingAccount(settings.bank_iban, settings.bank_account_name, settings.bank_bic, settings.currency)
        return PayoutService(
            PayoutRepository(self.database),
            self.transfers,
            self.wallets,
            lambda: account_cipher(settings),
            account,
            self.clock,
        )

    # Reporting

    @cached_property
    def report_repository(self) -> ReportRepository:
        return ReportRepository(self.database)

    @cached_property
    def run_repository(self) -> RunRepository:
        return RunRepository(self.database)

    @cached_property
    def projections(self) -> ProjectionService:
        return ProjectionService(
            ProjectionRepository(self.database), self.wallets, self.loan_reconciliation, self.clock
        )

    @cached_property
    def general_ledger(self) -> GeneralLedger:
        return GeneralLedger(self.wallets, self.projections, self.clock)

    @cached_property
    def reconciliation(self) -> ReconciliationService:
        return ReconciliationService(
            ReconciliationRepository(self.database),
            ReconciledData(
                self.wallets,
                self.loan_reconciliation,
                TransferReconciliationReader(TransferReconciliationRepository(self.database)),
            ),
            self.report_repository,
            self.run_repository,
            self.queue,
            self.clock,
        )

    @cached_property
    def daily_report(self) -> DailyReportService:
        return DailyReportService(self.projections, self.report_repository, self.clock)

    @cached_property
    def reports(self) -> ReportQueries:
        return ReportQueries(self.report_repository)

    # Jobs

    @cached_property
    def job_runner(self) -> JobRunner:
        jobs = {name: attrgetter(job.handler)(self) for name, job in JOBS.items()}
        return JobRunner(jobs, self.run_repository, self.clock)

    @cached_property
    def worker(self) -> JobDispatcher:
        handlers: dict[str, JobHandler] = {
            RECONCILE: self.reconciliation.continue_segment,
            ACT_ON_LOAN: self.lifecycle.act_on_loan,
            CONTINUE_DUE_LOANS: self.lifecycle.continue_due_loans,
            DISTRIBUTION: self.payments.distribute,
            UNWIND_LOAN: self.unwind.unwind,
            FUND_AUTO_INVEST_OFFERS: self.funding.fund_auto_invest_offers,
            RELEASE_RULE: self.reservations.release,
            APPLY_FREEZE: self.frozen_accounts.apply,
            MATCH_LOAN: self.matching.match_loan,
            MATCH_LENDER: self.matching.match_lender,
        }
        return JobDispatcher(handlers, self.outbox, self.queue, self.clock)

    @cached_property
    def loans_stream(self) -> StreamProcessor:
        triggers = (stored_job, match_changed_loan, match_changed_rule)
        return StreamProcessor("loans", self.invalidator, self.queue, triggers)

    @cached_property
    def wallets_stream(self) -> StreamProcessor:
        return StreamProcessor("wallets", self.invalidator, self.queue, (match_credited_wallet,))

    # Operators

    @cached_property
    def audit_log(self) -> AuditLog:
        return AuditLog(AuditRepository(self.database), self.users, self.wallets, self.clock)

    @cached_property
    def account_freezes(self) -> FreezeService:
        return FreezeService(self.users, self.wallets, self.outbox, self.audit_log, self.idempotency, self.clock)

    @cached_property
    def account_access(self) -> AccessService:
        return AccessService(self.users, self.sessions, self.audit_log, self.idempotency)

    @cached_property
    def ledger_accounts(self) -> LedgerAccountService:
        return LedgerAccountService(self.wallets, self.general_ledger, self.users, self.loan_queries, self.clock)

    @cached_property
    def operator_rescheduling(self) -> OperatorRescheduleService:
        return OperatorRescheduleService(self.rescheduling, self.audit_log, self.idempotency)

    @cached_property
    def payout_admin(self) -> PayoutAdminService:
        return PayoutAdminService(self.payouts, self.audit_log, self.idempotency, self.clock)

    @cached_property
    def job_admin(self) -> JobAdminService:
        return JobAdminService(self.job_runner, self.audit_log)

    @cached_property
    def cache_admin(self) -> CacheAdminService:
        return CacheAdminService(self.cache, self.loan_queries, self.audit_log, self.idempotency)


@cache
def get_container() -> Container:
    """Return the container of this process, built from the environment on first use."""
    return _installed[0] if _installed else Container(read_settings())


_installed: list[Container] = []


def install_container(container: Container) -> None:
    """Replace the container of this process; tests and the local server do, with their own tables and clock."""
    _installed[:] = [container]
    get_container.cache_clear()
