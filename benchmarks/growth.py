"""Lists, history, the overdue check and the report with 100, 10,000 and 1,000,000 loans and ledger entries."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.filling import DUE, START, Filled, filled
from benchmarks.pace import Spent, spent
from benchmarks.pages import table
from benchmarks.stage import Request, Stage, engine_with_tables, machine_line, staged
from chalicelib.dynamodb.consumed_capacity import ConsumedCapacity, record_consumed_capacity
from chalicelib.jobs.schedule import JobName
from chalicelib.shared.clock import FixedClock

SIZES: Final = (100, 10_000, 1_000_000)
_DUE_LOANS: Final = 20
_TIMES: Final = 200
_WARM_UP: Final = 20
Cells = dict[str, str]


def measured(sizes: Sequence[int] = SIZES) -> str:
    """A table of units, CPU of the application's process and time of the engine, by size."""
    columns: list[tuple[int, Cells]] = []
    with tempfile.TemporaryDirectory(prefix="p2p-growth-") as folder:
        for size in sizes:
            began = time.monotonic()
            content = filled(Path(folder), size, due=_DUE_LOANS)
            print(f"  {size} loans and entries made in {time.monotonic() - began:.0f} s", file=sys.stderr)
            columns.append((size, dict(_of_size(Path(folder), content))))
            content.database.unlink()
    heads = ["what is asked for", *(f"{size:,}" for size, _ in columns)]
    rows = [[name, *(cells[name] for _, cells in columns)] for name in columns[0][1]]
    return (
        "Round trips / writes / reads; ms CPU of the application, steadied; ms in all, most of it the engine's. "
        f"{_DUE_LOANS} loans are due. {machine_line()}.\n\n{table(heads, rows)}"
    )


def _of_size(folder: Path, content: Filled) -> Iterator[tuple[str, str]]:
    clock = FixedClock(START)
    with engine_with_tables(content.database), staged(folder, clock=clock) as stage:
        reads = (
            ("20 open loans", Request("GET", "/api/loans/available/", content.lender)),
            ("20 entries of a wallet", Request("GET", "/api/wallets/transactions/", content.lender)),
            ("a loan", Request("GET", content.loan, content.borrower)),
        )
        for name, request in reads:
            yield name, _read(stage, request)
        clock.set_date(DUE)
        yield "overdue check", _once(stage.container.lifecycle.check_overdue)
        report = JobName.LOAN_STATUS_SUMMARY_REPORT
        yield "daily report", _once(lambda: stage.container.job_runner.run(report))


def _read(stage: Stage, request: Request) -> str:
    for _ in range(_WARM_UP):
        stage.send(request)
    found: list[Spent] = []
    for _ in range(_TIMES):
        with record_consumed_capacity() as meter:
            found.append(spent(lambda: stage.send(request))[1])
    steady, wall = (statistics.median(each) for each in zip(*((f.steady_ns, f.wall_ns) for f in found), strict=True))
    return _cell(meter, steady, wall)


def _once(step: Callable[[], object]) -> str:
    with record_consumed_capacity() as meter:
        _, found = spent(step)
    return _cell(meter, found.steady_ns, found.wall_ns)


def _cell(meter: ConsumedCapacity, steady_ns: float, wall_ns: float) -> str:
    units = f"{meter.round_trips} / {meter.write_units:g} / {meter.read_units:g}"
    return f"{units}; {steady_ns / 1e6:.2f}; {wall_ns / 1e6:.1f}"
