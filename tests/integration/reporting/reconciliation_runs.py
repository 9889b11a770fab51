"""Runs of the reconciliation, and what tests seed and find."""

from typing import Any

from chalicelib.container import Container
from chalicelib.jobs.outbox import OutboxRepository
from chalicelib.jobs.run_repository import RunRepository
from chalicelib.jobs.schedule import JobName
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.reconciliation import LoanReconciliationRepository
from chalicelib.loans.service.reconciliation import LoanReconciliationReader
from chalicelib.reporting.repository.reconciliations import ReconciliationRepository
from chalicelib.reporting.repository.reports import ReportRepository
from chalicelib.reporting.service.reconciliation import PAGE_SIZE, RECONCILE, ReconciliationService
from chalicelib.reporting.service.reservation_check import ReconciledData
from chalicelib.shared.clock import FixedClock
from chalicelib.transfers.repository.reconciliation import TransferReconciliationRepository
from chalicelib.transfers.service.reconciliation import TransferReconciliationReader
from tests.engines import Storage
from tests.integration.reporting.sample_loans import OPERATOR
from tests.queues import RecordingQueue

AT_LEAST_ONE_PAGE = 0


def build_service(
    container: Container, queue: RecordingQueue, clock: FixedClock, page_size: int = PAGE_SIZE
) -> ReconciliationService:
    database = container.database
    loans = LoanReconciliationReader(
        LoanRepository(database, status_shards=1),
        LoanReconciliationRepository(database),
        OutboxRepository(database),
        status_shards=1,
    )
    reports, runs = ReportRepository(database), RunRepository(database, clock)
    transfers = TransferReconciliationReader(TransferReconciliationRepository(database))
    progress, data = (
        ReconciliationRepository(database),
        ReconciledData(container.wallets, loans, transfers, container.statements),
    )
    return ReconciliationService(progress, data, reports, runs, queue, clock, page_size)


def drain(service: ReconciliationService, queue: RecordingQueue, *, seconds: int = AT_LEAST_ONE_PAGE) -> int:
    """Run all queued jobs; returns the number of steps."""
    steps = 0
    while queue.sent:
        work = queue.sent.pop(0)
        if work.kind == RECONCILE:
            service.continue_segment(work, seconds=seconds)
            steps += 1
    return steps


def report_content(container: Container) -> dict[str, Any]:
    return container.reports.find(OPERATOR, JobName.RECONCILE_LEDGER.value, None).content


def remove_postings(storage: Storage, account: str) -> None:
    for item in storage.items("ledger"):
        if item["account"]["S"] == account:
            key = {name: item[name] for name in ("account", "transaction")}
            storage.client.delete_item(TableName=f"{storage.prefix}ledger", Key=key)
