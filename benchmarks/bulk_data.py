"""Databases with very many loans and ledger entries, copied from a few real ones."""

import gzip
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import boto3

from benchmarks.application import PREFIX, Client, database_with_tables, running_application
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import derived_id
from local.database_binary import find_database_binary
from tests.factories import funded_loan, open_loan
from tests.marketplace import INSTALMENTS

START: Final = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
DUE: Final = date(2026, 2, 16)
LATER: Final = date(2027, 1, 1)
_ID: Final = "01AAAAAAAAAAAAAAAAAAAAAAAA"
_ACTION: Final = "1999-12-31"
_MINUTE: Final = timedelta(minutes=1)
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BulkData:
    """A database file with a lender, a borrower and the path of a loan."""

    database: Path
    lender: Client
    borrower: Client
    loan: str


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Items as JSON in which ``_ID`` and ``_ACTION`` are placeholders for the values of a copy."""

    running: str
    schedule: str
    requested: str
    posting: str


def create_bulk_data(folder: Path, number: int, *, due: int) -> BulkData:
    """A database with ``number`` loans, half of them open, ``due`` of them due, and as many entries in one wallet."""
    clock = FixedClock(START)
    with database_with_tables(), running_application(folder, clock=clock) as application:
        lender, borrower = application.user(Role.LENDER, "500000.00"), application.user(Role.BORROWER, "500000.00")
        loan = funded_loan(borrower, lender, rate="11.00", months=INSTALMENTS)["id"]
        requested = open_loan(borrower, months=INSTALMENTS)["id"]
        originals = {name: _all(name) for name in ("loans", "ledger")}
        patterns = _patterns(originals, loan, requested)
        schemas = [boto3.client("dynamodb").describe_table(TableName=PREFIX + name)["Table"] for name in originals]
    copies = {"loans": _loans(patterns, number, due), "ledger": _entries(patterns, number)}
    with tempfile.TemporaryDirectory(dir=folder) as work:
        for name, items in originals.items():
            _export(Path(work), name, items, copies[name])
        database = folder / f"{number}.db"
        _import(Path(work), schemas, database)
    return BulkData(database, lender, borrower, f"/api/loans/{loan}/")


def _all(table: str) -> list[Item]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=PREFIX + table)
    return [dict(item) for page in pages for item in page["Items"]]


def _patterns(originals: Mapping[str, list[Item]], running: str, requested: str) -> _Patterns:
    loans = {(item["pk"]["S"], item["sk"]["S"]): item for item in originals["loans"]}
    posting = next(item for item in originals["ledger"] if item["account"]["S"].startswith("wallet:"))
    loan, schedule, request = (
        loans[f"LOAN#{loan_id}", sort]
        for loan_id, sort in ((running, "LOAN"), (running, "SCHEDULE"), (requested, "LOAN"))
    )
    return _Patterns(
        running=_pattern({**loan, "next_action": {"S": f"{_ACTION}#{running}"}}, running),
        schedule=_pattern(schedule, running),
        requested=_pattern({**request, "next_action": {"S": f"{_ACTION}#{requested}"}}, requested),
        posting=_pattern(posting, posting["transaction"]["S"]),
    )


def _pattern(item: Item, identifier: str) -> str:
    return json.dumps({"Item": item}).replace(identifier, _ID) + "\n"


def _loans(patterns: _Patterns, number: int, due: int) -> Iterator[str]:
    for each in range(number):
        copy = derived_id(START, str(each))
        if each < due:
            yield patterns.schedule.replace(_ID, copy)
        pattern = patterns.running if each < due or each % 2 else patterns.requested
        yield pattern.replace(_ID, copy).replace(_ACTION, str(DUE if each < due else LATER))


def _entries(patterns: _Patterns, number: int) -> Iterator[str]:
    for each in range(number):
        yield patterns.posting.replace(_ID, derived_id(START - each * _MINUTE, str(each)))


def _export(work: Path, name: str, originals: list[Item], copies: Iterator[str]) -> None:
    """A file as DynamoDB exports a table."""
    path = work / "export" / (PREFIX + name) / "data" / "items.json.gz"
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt", compresslevel=1) as lines:
        lines.writelines(json.dumps({"Item": item}) + "\n" for item in originals)
        lines.writelines(copies)


def _import(work: Path, schemas: list[Any], database: Path) -> None:
    schema = work / "schema.json"
    schema.write_text(json.dumps([{"Table": table} for table in schemas], default=str))
    options = [f"--source={work / 'export'}", f"--schema={schema}", f"--output={database}"]
    subprocess.run([find_database_binary(), "import", *options], check=True, capture_output=True)
