"""Lists, history, the overdue check and the report with 100, 10,000 and 1,000,000 loans and ledger entries."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.application import Application, Request, database_with_tables, machine_line, running_application
from benchmarks.bulk_data import DUE, START, BulkData, create_bulk_data
from benchmarks.pace import Spent, spent
from benchmarks.pages import table
from chalicelib.dynamodb.consumed_capacity import ConsumedCapacity, record_consumed_capacity
from chalicelib.jobs.schedule import JobName
from chalicelib.shared.clock import FixedClock

SIZES: Final = (100, 10_000, 1_000_000)
_DUE_LOANS: Final = 20
_TIMES: Final = 200
_WARM_UP: Final = 20
Cells = dict[str, str]


def measured(sizes: Sequence[int] = SIZES) -> str:
    """A table of capacity units, CPU of the application's process and total time, by size."""
    columns: list[tuple[int, Cells]] = []
    with tempfile.TemporaryDirectory(prefix="p2p-growth-") as folder:
        for size in sizes:
            began = time.monotonic()
            content = create_bulk_data(Path(folder), size, due=_DUE_LOANS)
            print(f"  {size} loans and entries made in {time.monotonic() - began:.0f} s", file=sys.stderr)
            columns.append((size, dict(_of_size(Path(folder), content))))
            content.database.unlink()
    heads = ["request or job", *(f"{size:,}" for size, _ in columns)]
    rows = [[name, *(cells[name] for _, cells in columns)] for name in columns[0][1]]
    return (
        "Round trips / writes / reads; ms CPU of the application, steadied; ms in total, mostly of the database. "
        f"{_DUE_LOANS} loans are due. {machine_line()}.\n\n{table(heads, rows)}"
    )


def _of_size(folder: Path, content: BulkData) -> Iterator[tuple[str, str]]:
    clock = FixedClock(START)
    with database_with_tables(content.database), running_application(folder, clock=clock) as application:
        reads = (
            ("20 open loans", Request("GET", "/api/loans/available/", content.lender)),
            ("20 entries of a wallet", Request("GET", "/api/wallets/transactions/", content.lender)),
            ("a loan", Request("GET", content.loan, content.borrower)),
        )
        for name, request in reads:
            yield name, _cell(*repeat(application, request))
        clock.set_date(DUE)
        yield "overdue check", _once(application.container.lifecycle.check_overdue)
        report = JobName.LOAN_STATUS_SUMMARY_REPORT
        yield "daily report", _once(lambda: application.container.job_runner.run(report))


def repeat(application: Application, request: Request, times: int = _TIMES) -> tuple[ConsumedCapacity, float, float]:
    """Send a read many times; the capacity of one, and the medians of steadied CPU and total time in nanoseconds."""
    for _ in range(_WARM_UP):
        application.send(request)
    found: list[Spent] = []
    for _ in range(times):
        with record_consumed_capacity() as meter:
            found.append(spent(lambda: application.send(request))[1])
    return meter, statistics.median(each.steady_ns for each in found), statistics.median(each.wall_ns for each in found)


def _once(step: Callable[[], object]) -> str:
    with record_consumed_capacity() as meter:
        _, found = spent(step)
    return _cell(meter, found.steady_ns, found.wall_ns)


def _cell(meter: ConsumedCapacity, steady_ns: float, wall_ns: float) -> str:
    units = f"{meter.round_trips} / {meter.write_units:g} / {meter.read_units:g}"
    return f"{units}; {steady_ns / 1e6:.2f}; {wall_ns / 1e6:.1f}"
