"""The database of the tests: one per session, with one set of tables that are empty before each test."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
from localstack_client.session import Session as LocalStackSession

from chalicelib.dynamodb import database
from local.database_binary import find_database_binary
from local.database_process import DatabaseProcess
from local.tables import Table, create_tables, tables_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGION: Final = "us-east-1"
DUMMY_CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": "accesskey",
    "AWS_SECRET_ACCESS_KEY": "secretkey",
    "AWS_SESSION_TOKEN": "token",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
ENDPOINT_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": ""}
"""The initial account of LocalStack and similar emulators."""
ENDPOINT_ACCOUNT: Final = {name.lower(): value for name, value in ENDPOINT_CREDENTIALS.items()}
"""The same as arguments of boto3."""
_SHARED_MEMORY: Final = Path("/dev/shm")
_MIN_FREE_BYTES: Final = 2 * 1024**3
_BATCH: Final = 25
_MAX_DELETED: Final = 300
"""Number of items above which a table is created again instead."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A database with the platform's tables."""

    endpoint: str
    prefix: str
    client: DynamoDBClient
    embedded: bool = field(default=True, kw_only=True)

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """Enable streams for the duration of the context: in memory, each record slows all later writes."""
        if not self.embedded:
            yield
            return
        for table in tables_of():
            self.stream(table, enabled=True)
        try:
            yield
        finally:
            for table in tables_of():
                self.stream(table, enabled=False)

    def stream(self, table: Table, *, enabled: bool) -> None:
        """Turn the stream of a table on or off, if it has one."""
        described = table.arguments.get("StreamSpecification")
        if described:
            wanted: Any = described if enabled else {"StreamEnabled": False}
            self.client.update_table(TableName=self.prefix + table.name, StreamSpecification=wanted)

    def empty(self) -> None:
        """Delete every item, which is three times as fast as new tables."""
        for table in tables_of():
            keys = [key["AttributeName"] for key in table.arguments["KeySchema"]]
            if not self._empty_table(self.prefix + table.name, keys):
                self.client.delete_table(TableName=self.prefix + table.name)
                create_tables(self.client, self.prefix)
                if self.embedded:
                    self.stream(table, enabled=False)

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return all items of a table, in DynamoDB's own notation."""
        found: list[dict[str, Any]] = []
        for page in self.client.get_paginator("scan").paginate(TableName=self.prefix + table):
            found.extend(page["Items"])
        return found

    def _empty_table(self, name: str, keys: list[str]) -> bool:
        """Delete the items of a table; return False if there are too many."""
        while True:
            page = self.client.scan(TableName=name, ConsistentRead=True)
            if len(page["Items"]) > _MAX_DELETED:
                return False
            keys_found = [{key: item[key] for key in keys} for item in page["Items"]]
            for start in range(0, len(keys_found), _BATCH):
                self._delete(name, keys_found[start : start + _BATCH])
            if "LastEvaluatedKey" not in page:
                return True

    def _delete(self, name: str, keys: list[dict[str, Any]]) -> None:
        wanted: Any = {name: [{"DeleteRequest": {"Key": key}} for key in keys]}
        while wanted:
            wanted = self.client.batch_write_item(RequestItems=wanted)["UnprocessedItems"]


USE_FAST_PATH: Final = os.environ.get("DYNAMODB_FAST_PATH", "on") == "on"
"""Tests send calls to DynamoDB by the fast path, or leave them to botocore (`make test-botocore`, `make nightly`)."""


def share_botocore_session() -> None:
    """Share botocore's description of DynamoDB among all containers of the tests: reading it takes 80 ms."""
    databases: Any = database
    databases.get_session = functools.cache(databases.get_session)


@contextmanager
def dynoxide_storage() -> Iterator[Storage]:
    """Start the embedded database in memory."""
    with _memory_file() as database, DatabaseProcess(find_database_binary(), database=database) as process:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = process.endpoint
        os.environ["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = process.endpoint
        client = boto3.client("dynamodb", endpoint_url=process.endpoint, region_name=REGION)
        storage = Storage(process.endpoint, "p2p-test-", client)
        create_tables(client, storage.prefix)
        for table in tables_of():
            storage.stream(table, enabled=False)
        yield storage


@contextmanager
def _memory_file() -> Iterator[Path | None]:
    """A file in memory, if enough is free: the database finds stream records faster in a file."""
    if not _SHARED_MEMORY.is_dir() or shutil.disk_usage(_SHARED_MEMORY).free < _MIN_FREE_BYTES:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="p2p-test-", dir=_SHARED_MEMORY) as folder:
        yield Path(folder) / "data.sqlite"


@contextmanager
def endpoint_storage() -> Iterator[Storage]:
    """Create tables on the endpoint that AWS_ENDPOINT_URL names, and delete them at the end."""
    client = LocalStackSession(**ENDPOINT_ACCOUNT, region_name=REGION).client("dynamodb")
    storage = Storage(os.environ["AWS_ENDPOINT_URL"], f"p2p-test{os.getpid()}-", client, embedded=False)
    names = create_tables(client, storage.prefix)
    try:
        yield storage
    finally:
        for name in names:
            client.delete_table(TableName=name)
