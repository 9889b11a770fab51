"""The object graph of one process: every service, built on first use from the settings."""

from functools import cache, cached_property, partial
from operator import attrgetter

from chalicelib.admin.repository import AuditRepository
from chalicelib.admin.service.account_access import AccessService
from chalicelib.admin.service.account_freezes import FreezeService
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.admin.service.bank import BankService
from chalicelib.admin.service.cache import CacheAdminService
from chalicelib.admin.service.jobs import JobAdminService
from chalicelib.admin.service.ledger_accounts import LedgerAccountService
from chalicelib.admin.service.payouts import PayoutAdminService
from chalicelib.admin.service.rescheduling import OperatorRescheduleService
from chalicelib.admin.service.sandbox_clock import SandboxClockService
from chalicelib.admin.service.suppressed_addresses import SuppressedAddressService
from chalicelib.admin.service.transfers import TransferAdminService
from chalicelib.auto_invest.service.matching import MATCH_LENDER, MATCH_LOAN
from chalicelib.auto_invest.service.triggers import match_changed_loan, match_changed_rule, match_credited_wallet
from chalicelib.event_container import EventContainer
from chalicelib.events.service.wakeups import FAN_OUT
from chalicelib.jobs.outbox import APPLY_FREEZE, BOOK_STATEMENT, RELEASE_RULE, stored_job
from chalicelib.jobs.run_repository import RunRepository
from chalicelib.jobs.runner import JobRunner
from chalicelib.jobs.schedule import JOBS
from chalicelib.jobs.streams import DerivedStream, StreamProcessor
from chalicelib.jobs.worker import JobHandler, OutboxWorker
from chalicelib.origination.service.funding import FUND_AUTO_INVEST_OFFERS
from chalicelib.origination.service.triggers import CHECK_OFFERS, check_subscribed_loan
from chalicelib.origination.service.unwind import UNWIND_LOAN
from chalicelib.reporting.domain.counters import LEDGER, LOANS
from chalicelib.reporting.repository.projections import ProjectionRepository
from chalicelib.reporting.repository.reconciliations import ReconciliationRepository
from chalicelib.reporting.repository.reports import ReportRepository
from chalicelib.reporting.service.general_ledger import GeneralLedger
from chalicelib.reporting.service.projections import ProjectionService
from chalicelib.reporting.service.reconciliation import RECONCILE, ReconciliationService
from chalicelib.reporting.service.reports import DailyReportService, ReportQueries
from chalicelib.reporting.service.reservation_check import ReconciledData
from chalicelib.servicing.service.lifecycle import ACT_ON_LOAN, CONTINUE_DUE_LOANS
from chalicelib.servicing.service.payments import DISTRIBUTION
from chalicelib.shared.settings import read_settings
from chalicelib.transfers.repository.reconciliation import TransferReconciliationRepository
from chalicelib.transfers.service.line_decisions import LineDecisions
from chalicelib.transfers.service.reconciliation import TransferReconciliationReader


class Container(EventContainer):
    """Services of one process: lending, and what depends on it. See `BaseContainer` for the arguments."""

    # Reporting

    @cached_property
    def report_repository(self) -> ReportRepository:
        return ReportRepository(self.database)

    @cached_property
    def run_repository(self) -> RunRepository:
        return RunRepository(self.database, self.real_time)

    @cached_property
    def projections(self) -> ProjectionService:
        return ProjectionService(
            ProjectionRepository(self.database), self.wallets, self.loan_reconciliation, self.clock, self.real_time
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
                self.statements,
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
    def worker(self) -> OutboxWorker:
        handlers: dict[str, JobHandler] = {
            RECONCILE: self.reconciliation.continue_segment,
            ACT_ON_LOAN: self.lifecycle.act_on_loan,
            CONTINUE_DUE_LOANS: self.lifecycle.continue_due_loans,
            DISTRIBUTION: self.payments.distribute,
            UNWIND_LOAN: self.unwind.unwind,
            FUND_AUTO_INVEST_OFFERS: self.funding.fund_auto_invest_offers,
            RELEASE_RULE: self.reservations.release,
            APPLY_FREEZE: self.frozen_accounts.apply,
            CHECK_OFFERS: self.unfunded_loans.check_offers,
            MATCH_LOAN: self.matching.match_loan,
            MATCH_LENDER: self.matching.match_lender,
            BOOK_STATEMENT: self.statements.continue_booking,
            FAN_OUT: self.publisher.fan_out,
        }
        return OutboxWorker(handlers, self.outbox, self.queue, self.clock)

    @cached_property
    def loans_stream(self) -> StreamProcessor:
        triggers = (stored_job, match_changed_loan, match_changed_rule, check_subscribed_loan)
        return StreamProcessor("loans", self.invalidator, self.queue, triggers)

    @cached_property
    def wallets_stream(self) -> StreamProcessor:
        return StreamProcessor("wallets", self.invalidator, self.queue, (match_credited_wallet,))

    @cached_property
    def loans_derived(self) -> DerivedStream:
        return DerivedStream("loans", (partial(self.projections.apply, LOANS), *self.event_subscribers("loans")))

    @cached_property
    def ledger_derived(self) -> DerivedStream:
        return DerivedStream("ledger", (partial(self.projections.apply, LEDGER), *self.event_subscribers("ledger")))

    @cached_property
    def wallets_derived(self) -> DerivedStream:
        return DerivedStream("wallets", self.event_subscribers("wallets"))

    @cached_property
    def transfers_derived(self) -> DerivedStream:
        return DerivedStream("transfers", self.event_subscribers("transfers"))

    @cached_property
    def audit_derived(self) -> DerivedStream:
        return DerivedStream("audit", self.event_subscribers("audit"))

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
    def bank(self) -> BankService:
        decisions = LineDecisions(self.statement_repository, self.transfers, self.clock)
        return BankService(self.statements, decisions, self.users, self.audit_log, self.idempotency)

    @cached_property
    def transfer_admin(self) -> TransferAdminService:
        return TransferAdminService(self.transfer_queries, self.transfers, self.users, self.audit_log, self.idempotency)

    @cached_property
    def payout_admin(self) -> PayoutAdminService:
        return PayoutAdminService(self.payouts, self.audit_log, self.idempotency, self.clock)

    @cached_property
    def job_admin(self) -> JobAdminService:
        return JobAdminService(self.job_runner, self.audit_log)

    @cached_property
    def sandbox_clock_admin(self) -> SandboxClockService:
        return SandboxClockService(self.sandbox_clock, self.audit_log, self.idempotency, self.settings)

    @cached_property
    def suppressed_addresses(self) -> SuppressedAddressService:
        return SuppressedAddressService(self.suppressions, self.users, self.audit_log, self.idempotency)

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
