"""Puts together what operators, tasks and projections need, which no other request reads."""

from __future__ import annotations

from dataclasses import dataclass

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
from chalicelib.common.observability import raise_alarm
from chalicelib.loans.repository import LoanRepository, WorkRepository
from chalicelib.loans.repository.bookkeeping import LoanBookRepository
from chalicelib.loans.service import Loans
from chalicelib.loans.service.bookkeeping import LoanBooks
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
from chalicelib.reports.service.reconciling import ReconciliationService
from chalicelib.reports.service.tasks import Body
from chalicelib.users.service import UserService
from chalicelib.wallets.service import LedgerReader, WalletService
from chalicelib.wiring.base import Base


@dataclass(frozen=True, slots=True)
class Keeping:
    """The services that keep the books and oversee the platform."""

    books: BookService
    reports: Reports
    admin: Admin
    reconciliation: ReconciliationService


@dataclass(frozen=True, slots=True)
class _Bookkeeping:
    """What keeps the books, before there are tasks that run it."""

    projections: ProjectionService
    reconciliation: ReconciliationService
    rebuild: RebuildService


def keeping(base: Base, ledger: LedgerReader, wallets: WalletService, users: UserService, loans: Loans) -> Keeping:
    """Put them together, on the services of the other features."""
    bookkeeping = _bookkeeping(base, ledger, wallets)
    reports = _reports(base, bookkeeping, loans)
    books = BookService(ledger, bookkeeping.projections, base.clock)
    accounts = AccountService(ledger, books, wallets, users, loans.oversight, base.clock)
    return Keeping(
        books=books,
        reports=reports,
        admin=_admin(base, accounts, users, wallets, loans, reports),
        reconciliation=bookkeeping.reconciliation,
    )


def _admin(
    base: Base, accounts: AccountService, users: UserService, wallets: WalletService, loans: Loans, reports: Reports
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


def _bookkeeping(base: Base, ledger: LedgerReader, wallets: WalletService) -> _Bookkeeping:
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
    return _Bookkeeping(
        projections=projections,
        reconciliation=ReconciliationService(runs, checker, ledger, loans, findings, base.queue, clock),
        rebuild=RebuildService(projections, ledger, loans),
    )


def _reports(base: Base, bookkeeping: _Bookkeeping, loans: Loans) -> Reports:
    reports = ReportRepository(base.database)
    bodies: dict[TaskName, Body] = {
        TaskName.CHECK_OVERDUE_PAYMENTS: loans.sweeps.check_overdue,
        TaskName.EXPIRE_STALE_LOANS: loans.sweeps.expire_stale,
        TaskName.LOAN_STATUS_SUMMARY_REPORT: DailyReportService(bookkeeping.projections, reports, base.clock).run,
        TaskName.RECONCILE_LEDGER: bookkeeping.reconciliation.start,
        TaskName.CLEANUP_EXPIRED_LOAN_CACHE: base.answers.sweep,
    }
    return Reports(
        projections=bookkeeping.projections,
        rebuild=bookkeeping.rebuild,
        reader=ReportReader(reports),
        tasks=TaskService(bodies, RunRepository(base.database), base.clock),
    )
