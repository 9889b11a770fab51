"""Background jobs by concurrent workers: distributions to many lenders, and jobs of the overdue check."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.application import Application, Client, Request, database_with_tables, machine_line, running_application
from benchmarks.bulk_data import DUE, START, create_bulk_data
from benchmarks.pages import table
from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.servicing.service.lifecycle import ACT_ON_LOAN
from chalicelib.servicing.service.payments import DISTRIBUTION
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from local.queues import LocalQueue
from tests.factories import funded_loan
from tests.marketplace import INSTALMENTS

_WORKERS: Final = (1, 4, 8)
_DUE_LOANS: Final = 240
_LENDERS: Final = 50
_LOANS: Final = 8
_BAD_REQUEST: Final = 300
_SWEPT_AFTER_MINUTES: Final = 6


@dataclass(slots=True)
class Transactions:
    """Counts transactions, and how many of them were rejected."""

    sent: int = 0
    rejected: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, http_response: Any, **_: Any) -> None:
        """Count a response."""
        with self._lock:
            self.sent += 1
            self.rejected += http_response.status_code >= _BAD_REQUEST


def measured() -> str:
    """A table of speed and rejected transactions by number of workers."""
    heads = ("work", "workers", "jobs", "jobs a second", "transactions", "of these rejected")
    rows = [*_overdue(), *_distributions()]
    note = "Workers are threads of one process here; in the cloud they are up to 20 concurrent functions."
    return f"{note} {machine_line()}.\n\n{table(heads, rows)}"


def _overdue() -> Iterator[list[str]]:
    """Each worker acts on its own loans; they share only the tables."""
    for workers in _WORKERS:
        with tempfile.TemporaryDirectory(prefix="p2p-workers-") as folder:
            content = create_bulk_data(Path(folder), _DUE_LOANS, due=_DUE_LOANS)
            clock, queue = FixedClock(START), LocalQueue()
            with (
                database_with_tables(content.database),
                running_application(Path(folder), clock=clock, queue=queue) as application,
            ):
                clock.set_date(DUE)
                application.container.lifecycle.check_overdue()  # acts on the first page, fans out the rest
                yield _row("act on a due loan", application.container, _queued(queue, ACT_ON_LOAN), workers)


def _distributions() -> Iterator[list[str]]:
    """All loans have the same lenders and are paid at the same time: the worst case for wallets."""
    clock = FixedClock(START)
    with (
        tempfile.TemporaryDirectory(prefix="p2p-workers-") as folder,
        database_with_tables(),
        running_application(Path(folder), clock=clock) as application,
    ):
        borrower, loans = _shared_loans(application)
        for workers in _WORKERS:
            for at in loans:
                application.send(Request("POST", f"{at}pay/", borrower))
            clock.advance(minutes=_SWEPT_AFTER_MINUTES)
            yield _row(
                f"pay {_LENDERS} lenders of a loan", application.container, _outbox_jobs(application.container), workers
            )


def _shared_loans(application: Application) -> tuple[Client, list[str]]:
    borrower = application.user(Role.BORROWER, "90000.00")
    parts = {application.user(Role.LENDER, "10000.00"): f"{1000 // _LENDERS}.00" for _ in range(_LENDERS)}
    loans = [funded_loan(borrower, parts, rate="11.00", months=INSTALMENTS) for _ in range(_LOANS)]
    return borrower, [f"/api/loans/{loan['id']}/" for loan in loans]


def _outbox_jobs(container: Container) -> list[BackgroundJob]:
    """The jobs that payments have left in the outbox."""
    queue = container.queue
    if not isinstance(queue, LocalQueue):
        raise TypeError("the benchmark keeps its own queue")
    container.worker.send_again()
    return _queued(queue, DISTRIBUTION)


def _queued(queue: LocalQueue, kind: str) -> list[BackgroundJob]:
    found: list[BackgroundJob] = []
    while messages := queue.receive(10):
        found += [job for job in (BackgroundJob.read(message.body) for message in messages) if job.kind == kind]
        queue.settle(messages, frozenset())
    return found


def _row(name: str, container: Container, jobs: Sequence[BackgroundJob], workers: int) -> list[str]:
    with _counted(container) as transactions, ThreadPoolExecutor(workers) as pool:
        began = time.monotonic()
        list(pool.map(container.worker.do, jobs))
        took = time.monotonic() - began
    figures = (workers, len(jobs), f"{len(jobs) / took:.0f}", transactions.sent, transactions.rejected)
    return [name, *map(str, figures)]


@contextmanager
def _counted(container: Container) -> Iterator[Transactions]:
    counted = Transactions()
    events: Any = container.database.client.meta.events
    listen: Callable[..., None] = counted.__call__
    events.register("after-call.dynamodb.TransactWriteItems", listen)
    try:
        yield counted
    finally:
        events.unregister("after-call.dynamodb.TransactWriteItems", listen)
