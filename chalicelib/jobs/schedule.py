"""The functions that events start: scheduled jobs, streams and queues, in one table."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.shared.errors import NotFound


class JobName(StrEnum):
    """Scheduled jobs that operators can also run."""

    CHECK_OVERDUE_PAYMENTS = "check_overdue_payments"
    LOAN_STATUS_SUMMARY_REPORT = "loan_status_summary_report"
    RECONCILE_LEDGER = "reconcile_ledger"
    EXPIRE_STALE_LOANS = "expire_stale_loans"
    EXPIRE_TRANSFERS = "expire_transfers"
    CLEANUP_EXPIRED_LOAN_CACHE = "cleanup_expired_loan_cache"


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """A job that runs by the clock.

    Args:
        name: the Lambda function's name.
        schedule: an EventBridge expression; times are in UTC.
        handler: the service's method, as a dotted name in the container. It returns counts of what it did.
        description: the job's purpose, for operators.
    """

    name: str
    schedule: str
    handler: str
    description: str
    memory_mb: int = 512
    timeout_seconds: int = 300


@dataclass(frozen=True, slots=True)
class EventFunction:
    """A function that reads a table's stream or a queue in batches.

    Args:
        name: the Lambda function's name.
        source: the table or queue, without the deployment's prefix.
        handler: the service's method that takes a list of records, as a dotted name in the container.
        max_concurrency: the largest number of executions at a time; of queues only.
        calls_internet: runs outside of the private network, and so without the cache.
    """

    name: str
    source: str
    handler: str
    batch_size: int
    memory_mb: int = 512
    timeout_seconds: int = 60
    max_concurrency: int = 20
    calls_internet: bool = False


SCHEDULED_JOBS: Final = (
    ScheduledJob(
        JobName.CHECK_OVERDUE_PAYMENTS,
        "rate(1 hour)",
        "lifecycle.check_overdue",
        "Collect instalments by autopay, mark them overdue, charge late fees, default loans, pay small remainders.",
    ),
    ScheduledJob(
        JobName.LOAN_STATUS_SUMMARY_REPORT,
        "cron(30 0 * * ? *)",
        "daily_report.run",
        "Write the report of each day that has ended.",
    ),
    ScheduledJob(
        JobName.RECONCILE_LEDGER,
        "cron(0 3 * * ? *)",
        "reconciliation.start",
        "Compare wallets and loans with their postings.",
        memory_mb=1024,
        timeout_seconds=900,
    ),
    ScheduledJob(
        JobName.EXPIRE_STALE_LOANS,
        "cron(15 0 * * ? *)",
        "lifecycle.expire_stale",
        "Expire loan requests, and lapse funding and reservations that are overdue.",
    ),
    ScheduledJob(
        JobName.EXPIRE_TRANSFERS,
        "cron(20 0 * * ? *)",
        "transfers.expire",
        "Expire deposits that were not paid in time.",
    ),
    ScheduledJob(
        JobName.CLEANUP_EXPIRED_LOAN_CACHE,
        "cron(0 4 ? * 1 *)",
        "cache.sweep",
        "Delete invalid cached responses, on Sundays.",
    ),
    ScheduledJob(
        "outbox_sweep",
        "rate(1 hour)",
        "worker.send_again",
        "Send jobs again that have waited in the outbox for more than five minutes.",
    ),
    ScheduledJob(
        "event_sweep",
        "rate(1 minute)",
        "event_sweep.run",
        "Wake workers up for deliveries, emails and events that are overdue.",
    ),
)
JOBS: Final = {JobName(job.name): job for job in SCHEDULED_JOBS if job.name in list(JobName)}
"""The jobs that are listed for operators, in the order of their page."""


def _derived(table: str) -> EventFunction:
    """Return the function that derives data from a table's stream. It may put events on a bus of EventBridge."""
    return EventFunction(f"{table}_derived", table, f"{table}_derived.process", batch_size=100, calls_internet=True)


STREAMS: Final = (
    EventFunction("loans_stream", "loans", "loans_stream.process", batch_size=100),
    EventFunction("wallets_stream", "wallets", "wallets_stream.process", batch_size=100),
    _derived("loans"),
    _derived("ledger"),
    _derived("wallets"),
    _derived("transfers"),
    _derived("audit"),
)
QUEUES: Final = (
    EventFunction("work", "work", "worker.process", batch_size=5),
    # A message is one endpoint: a slow one must not delay the others of its batch.
    EventFunction(
        "deliveries", "deliveries", "delivery_worker.process", batch_size=1, max_concurrency=50, calls_internet=True
    ),
    EventFunction("emails", "emails", "email_worker.process", batch_size=5, max_concurrency=5, calls_internet=True),
    EventFunction("mail_feedback", "mail-feedback", "mail_feedback.process", batch_size=10, max_concurrency=5),
)


class JobNotFound(NotFound):
    code = "task_not_found"
    detail = "Job not found."


def job_named(name: str) -> JobName:
    """Return the job of this name.

    Raises:
        JobNotFound: there is no such job.
    """
    try:
        return JobName(name)
    except ValueError as error:
        raise JobNotFound from error
