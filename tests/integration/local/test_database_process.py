"""The embedded database as a child process."""

import contextlib
import os
import signal
import socket
import sqlite3
import stat
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


def test_database_files_belong_to_their_owner_alone(tmp_path: Path) -> None:
    database, log = tmp_path / "data.sqlite", tmp_path / "log"
    for earlier in (database, log):
        earlier.touch(mode=0o644)

    with DatabaseProcess(find_database_binary(), database=database, log=log) as process:
        create_table(process, "kept")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == dict.fromkeys(("data.sqlite", "data.sqlite-shm", "data.sqlite-wal", "log"), 0o600)


on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has 16 million such addresses")


@on_linux
def test_database_listens_on_an_unguessable_address_alone() -> None:
    with DatabaseProcess(find_database_binary()) as one, DatabaseProcess(find_database_binary()) as other:
        assert one.host.startswith("127.")
        assert len({one.host, other.host, "127.0.0.1"}) == 3
        assert client_of(one).list_tables()["TableNames"] == []
        for host in ("127.0.0.1", "::1"):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((host, one.port), timeout=2)


def test_killed_database_restarts_at_its_address_with_its_data(tmp_path: Path) -> None:
    with DatabaseProcess(find_database_binary(), database=tmp_path / "data.sqlite") as process:
        create_table(process, "kept")
        pid, endpoint = process.pid, process.endpoint
        os.kill(pid, signal.SIGKILL)
        assert ends(pid)
        assert not process.is_running

        assert process.restart()

        assert process.pid != pid
        assert process.endpoint == endpoint
        assert client_of(process).list_tables()["TableNames"] == ["kept"]


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
