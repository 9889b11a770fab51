"""The embedded database as a child process."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest

from local.database_binary import find_database_binary
from local.database_process import DatabaseProcess, DatabaseStartError, index_stream_records

pytestmark = pytest.mark.own_process


def names_at(process: DatabaseProcess) -> list[str]:
    client = boto3.client("dynamodb", endpoint_url=process.endpoint, region_name="us-east-1")
    return client.list_tables()["TableNames"]


def make_table(process: DatabaseProcess, name: str) -> None:
    client = boto3.client("dynamodb", endpoint_url=process.endpoint, region_name="us-east-1")
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_a_database_responds_until_it_is_stopped() -> None:
    with DatabaseProcess(find_database_binary()) as process:
        pid = process.pid
        assert names_at(process) == []

    assert not is_running(pid)
    with pytest.raises(DatabaseStartError):
        _ = process.pid


def test_data_in_a_file_survives_a_restart(tmp_path: Path) -> None:
    with DatabaseProcess(find_database_binary(), database=tmp_path / "data.sqlite", log=tmp_path / "log") as first:
        make_table(first, "kept")
    with DatabaseProcess(find_database_binary(), database=tmp_path / "data.sqlite", log=tmp_path / "log") as second:
        assert names_at(second) == ["kept"]


def test_the_newest_stream_record_is_found_by_an_index(tmp_path: Path) -> None:
    database = tmp_path / "data.sqlite"
    with DatabaseProcess(find_database_binary(), database=database) as process:
        make_table(process, "streamed")
        with contextlib.closing(sqlite3.connect(database)) as connection:
            newest = "SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?"
            [(*_, plan)] = connection.execute(f"EXPLAIN QUERY PLAN {newest}", ("streamed",))

    assert "USING INDEX stream_records_by_number" in plan


def test_a_file_without_stream_records_gets_no_index(tmp_path: Path) -> None:
    assert not index_stream_records(tmp_path / "other.sqlite")


def test_a_failed_start_names_the_log(tmp_path: Path) -> None:
    with pytest.raises(DatabaseStartError, match="log"), DatabaseProcess(Path("/bin/false"), log=tmp_path / "log"):
        pytest.fail("it cannot have started")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel of Linux does this")
def test_a_database_does_not_outlive_a_killed_parent() -> None:
    program = (
        "import os, signal; from local.database_process import DatabaseProcess\n"
        "from local.database_binary import find_database_binary\n"
        "print(DatabaseProcess(find_database_binary()).start().pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )

    killed = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=False, timeout=30)

    assert killed.returncode == -signal.SIGKILL
    assert ends(int(killed.stdout))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        "Z"
        not in subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    )


def ends(pid: int) -> bool:
    until = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_running(pid)
