"""Background work by several workers at once: distributions to many lenders, and what the overdue check fans out."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.filling import DUE, START, filled
from benchmarks.pages import table
from benchmarks.stage import Client, Request, Stage, engine_with_tables, machine_line, staged
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
_REFUSED: Final = 300
_SWEPT_AFTER_MINUTES: Final = 6


@dataclass(slots=True)
class Transactions:
    """How many were sent, and how many of them were refused."""

    sent: int = 0
    refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, http_response: Any, **_: Any) -> None:
        """Hear of one."""
        with self._lock:
            self.sent += 1
            self.refused += http_response.status_code >= _REFUSED


def measured() -> str:
    """A table of speed and refused transactions by number of workers."""
    heads = ("work", "workers", "pieces", "pieces a second", "transactions", "of these refused")
    rows = [*_overdue(), *_distributions()]
    told = "Workers are threads of one process here; in the cloud they are functions, up to 20 at once."
    return f"{told} {machine_line()}.\n\n{table(heads, rows)}"


def _overdue() -> Iterator[list[str]]:
    """Every worker acts on loans of its own: nothing is shared but the tables."""
    for workers in _WORKERS:
        with tempfile.TemporaryDirectory(prefix="p2p-workers-") as folder:
            content = filled(Path(folder), _DUE_LOANS, due=_DUE_LOANS)
            clock, queue = FixedClock(START), LocalQueue()
            with (
                engine_with_tables(content.database),
                staged(Path(folder), clock=clock, queue=queue) as stage,
            ):
                clock.set_date(DUE)
                stage.container.lifecycle.check_overdue()  # acts on the first page, fans out the rest
                yield _row("act on a due loan", stage.container, _queued(queue, ACT_ON_LOAN), workers)


def _distributions() -> Iterator[list[str]]:
    """The same lenders have invested in all loans, and all loans are paid at once: the worst case for wallets."""
    clock = FixedClock(START)
    with (
        tempfile.TemporaryDirectory(prefix="p2p-workers-") as folder,
        engine_with_tables(),
        staged(Path(folder), clock=clock) as stage,
    ):
        borrower, loans = _shared_loans(stage)
        for workers in _WORKERS:
            for at in loans:
                stage.send(Request("POST", f"{at}pay/", borrower))
            clock.advance(minutes=_SWEPT_AFTER_MINUTES)
            yield _row(f"pay {_LENDERS} lenders of a loan", stage.container, _waiting(stage.container), workers)


def _shared_loans(stage: Stage) -> tuple[Client, list[str]]:
    borrower = stage.user(Role.BORROWER, "90000.00")
    parts = {stage.user(Role.LENDER, "10000.00"): f"{1000 // _LENDERS}.00" for _ in range(_LENDERS)}
    loans = [funded_loan(borrower, parts, rate="11.00", months=INSTALMENTS) for _ in range(_LOANS)]
    return borrower, [f"/api/loans/{loan['id']}/" for loan in loans]


def _waiting(container: Container) -> list[BackgroundJob]:
    """What payments have left in the outbox."""
    queue = container.queue
    if not isinstance(queue, LocalQueue):
        raise TypeError("the benchmark keeps its own queue")
    container.worker.send_again()
    return _queued(queue, DISTRIBUTION)


def _queued(queue: LocalQueue, kind: str) -> list[BackgroundJob]:
    found: list[BackgroundJob] = []
    while messages := queue.receive(10):
        found += [work for work in (BackgroundJob.read(message.body) for message in messages) if work.kind == kind]
        queue.settle(messages, frozenset())
    return found


def _row(name: str, container: Container, pieces: Sequence[BackgroundJob], workers: int) -> list[str]:
    with _counted(container) as transactions, ThreadPoolExecutor(workers) as pool:
        began = time.monotonic()
        list(pool.map(container.worker.do, pieces))
        took = time.monotonic() - began
    figures = (workers, len(pieces), f"{len(pieces) / took:.0f}", transactions.sent, transactions.refused)
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
