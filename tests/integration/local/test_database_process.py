"""The embedded database as a child process."""

import contextlib
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.database_binary import find_database_binary
from local.database_process import DatabaseProcess, DatabaseStartError, index_stream_records
from tests.integration.local.running_platform import ends, is_running

pytestmark = pytest.mark.own_process


def client_of(process: DatabaseProcess) -> Any:
    return boto3.client("dynamodb", endpoint_url=process.endpoint, region_name="us-east-1")


def create_table(process: DatabaseProcess, name: str) -> None:
    client_of(process).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_database_responds_until_it_is_stopped() -> None:
    with DatabaseProcess(find_database_binary()) as process:
        pid = process.pid
        assert client_of(process).list_tables()["TableNames"] == []

    assert not is_running(pid)
    with pytest.raises(DatabaseStartError):
        _ = process.pid


def test_data_in_a_file_survives_a_restart(tmp_path: Path) -> None:
    with DatabaseProcess(find_database_binary(), database=tmp_path / "data.sqlite", log=tmp_path / "log") as first:
        create_table(first, "kept")
    with DatabaseProcess(find_database_binary(), database=tmp_path / "data.sqlite", log=tmp_path / "log") as second:
        assert client_of(second).list_tables()["TableNames"] == ["kept"]


def test_newest_stream_record_is_found_by_an_index(tmp_path: Path) -> None:
    database = tmp_path / "data.sqlite"
    with DatabaseProcess(find_database_binary(), database=database) as process:
        create_table(process, "streamed")
        with contextlib.closing(sqlite3.connect(database)) as connection:
            newest = "SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?"
            [(*_, plan)] = connection.execute(f"EXPLAIN QUERY PLAN {newest}", ("streamed",))

    assert "USING INDEX stream_records_by_number" in plan


def test_file_without_stream_records_gets_no_index(tmp_path: Path) -> None:
    assert not index_stream_records(tmp_path / "other.sqlite")


def test_failed_start_names_the_log(tmp_path: Path) -> None:
    with pytest.raises(DatabaseStartError, match="log"), DatabaseProcess(Path("/bin/false"), log=tmp_path / "log"):
        pytest.fail("it cannot have started")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel of Linux does this")
def test_database_does_not_outlive_a_killed_parent() -> None:
    program = (
        "import os, signal; from local.database_process import DatabaseProcess\n"
        "from local.database_binary import find_database_binary\n"
        "print(DatabaseProcess(find_database_binary()).start().pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )

    killed = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=False, timeout=30)

    assert killed.returncode == -signal.SIGKILL
    assert ends(int(killed.stdout))
