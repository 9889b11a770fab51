"""`make bench-overdue`: what the hourly overdue check reads and writes when few of very many loans are due.

The loans are copies of one that was lived through, put into an engine of our own; those that are due have schedules.
The check then runs as in the cloud: a page at once, the rest by the queue. Units are those that the engine reports.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform as machine
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import boto3

from chalicelib.container import Container
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.schedule import JobName
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import derived_id
from chalicelib.shared.settings import Settings
from local.database_binary import VERSION, find_database_binary
from local.database_process import DatabaseProcess
from local.queues import LocalQueue
from local.tables import create_tables
from tests.factories import ServiceFactory

_START: Final = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
_DUE: Final = date(2026, 2, 16)
_LATER: Final = date(2027, 1, 1)
_PREFIX: Final = "p2p-benchmarks-"
_TABLE: Final = f"{_PREFIX}loans"
_AT_ONCE: Final = 10
Item = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill an engine, run the check, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=200_000)
    parser.add_argument("--due", type=int, default=500)
    given = parser.parse_args(arguments)
    os.environ.update(
        AWS_ACCESS_KEY_ID="benchmarks", AWS_SECRET_ACCESS_KEY="benchmarks", AWS_DEFAULT_REGION="us-east-1"
    )
    os.environ["LOG_LEVEL"] = "ERROR"
    with tempfile.TemporaryDirectory(prefix="p2p-overdue-") as folder:
        database = _filled(Path(folder), given.loans, given.due)
        with _opened(database) as (platform, clock, queue):
            clock.set_date(_DUE)
            _check(platform, queue)
    print(f"\n{given.loans:,} loans, {given.due:,} due. dynoxide {VERSION}, Python {sys.version.split()[0]}, ", end="")
    print(f"{os.cpu_count()} cores, {machine.machine()}")
    return 0


@contextmanager
def _opened(database: Path | None) -> Iterator[tuple[Container, FixedClock, LocalQueue]]:
    """A platform on an engine of its own."""
    with DatabaseProcess(find_database_binary(), database=database) as engine:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = engine.endpoint
        create_tables(boto3.client("dynamodb"), _PREFIX)
        clock, queue = FixedClock(_START), LocalQueue()
        yield Container(Settings(table_prefix=_PREFIX), clock=clock, queue=queue), clock, queue


def _filled(folder: Path, loans: int, due: int) -> Path:
    """A database with copies of a loan that was lived through, by way of the engine's import."""
    with _opened(None) as (platform, _, _):
        factory = ServiceFactory(platform)
        loan_id = factory.funded_loan(factory.borrower(), {factory.lender("2000.00"): "1000.00"}, months=12)
        key = {"pk": {"S": f"LOAN#{loan_id}"}}
        client = boto3.client("dynamodb")
        pattern, schedule = (
            client.get_item(TableName=_TABLE, Key={**key, "sk": {"S": sort}})["Item"] for sort in ("LOAN", "SCHEDULE")
        )
        described = client.describe_table(TableName=_TABLE)["Table"]
    schema, database, source = folder / "schema.json", folder / "loans.db", folder / "export"
    schema.write_text(json.dumps([{"Table": described}], default=str))
    lines = source / _TABLE / "data" / "items.json.gz"
    lines.parent.mkdir(parents=True)
    with gzip.open(lines, "wt", compresslevel=1) as file:
        file.writelines(f"{json.dumps({'Item': item})}\n" for item in _items(pattern, schedule, loans, due))
    options = [f"--source={source}", f"--schema={schema}", f"--output={database}"]
    subprocess.run([find_database_binary(), "import", *options], check=True, capture_output=True)
    return database


def _items(pattern: Item, schedule: Item, loans: int, due: int) -> Iterator[Item]:
    for number in range(loans):
        copy = derived_id(_START, str(number))
        day = _DUE if number < due else _LATER
        own = {"S": copy}
        names = {
            "pk": {"S": f"LOAN#{copy}"},
            "loan_id": own,
            "status_sort": own,
            "next_action": {"S": f"{day}#{copy}"},
        }
        yield {**pattern, **names}
        if number < due:
            yield {**schedule, "pk": names["pk"]}


def _check(platform: Container, queue: LocalQueue) -> None:
    print("| step | did | Query | BatchGetItem | TransactWriteItems | Scan | read units | write units | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    _measured("the check itself", lambda: dict(platform.lifecycle.check_overdue()))
    _measured("its workers", lambda: {"loans": _work_off(platform, queue)})
    _measured("the next check", lambda: dict(platform.job_runner.run(JobName.CHECK_OVERDUE_PAYMENTS).counts))


def _work_off(platform: Container, queue: LocalQueue) -> int:
    done = 0
    while messages := queue.receive(_AT_ONCE):
        done += sum(platform.worker.do(BackgroundJob.read(message.body)) for message in messages)
        queue.settle(messages, frozenset())
    return done


def _measured(name: str, step: Callable[[], dict[str, int]]) -> None:
    began = time.monotonic()
    with record_consumed_capacity() as meter:
        counts = step()
    took = time.monotonic() - began
    calls = Counter(meter.operations)
    told = ", ".join(f"{what} {number}" for what, number in counts.items())
    kinds = " | ".join(str(calls[kind]) for kind in ("Query", "BatchGetItem", "TransactWriteItems", "Scan"))
    print(f"| {name} | {told} | {kinds} | {meter.read_units:g} | {meter.write_units:g} | {took:.1f} |")


if __name__ == "__main__":
    sys.exit(main())
