"""The engine as a child process."""

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

from local.engine import Engine, EngineFailed
from local.engine_binary import find_engine
from local.stream_records import index_stream_records

pytestmark = pytest.mark.own_process


def names_at(engine: Engine) -> list[str]:
    client = boto3.client("dynamodb", endpoint_url=engine.endpoint, region_name="us-east-1")
    return client.list_tables()["TableNames"]


def make_table(engine: Engine, name: str) -> None:
    client = boto3.client("dynamodb", endpoint_url=engine.endpoint, region_name="us-east-1")
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_an_engine_answers_until_it_is_stopped() -> None:
    with Engine(find_engine()) as engine:
        pid = engine.pid
        assert names_at(engine) == []

    assert not is_running(pid)
    with pytest.raises(EngineFailed):
        _ = engine.pid


def test_what_was_kept_in_a_file_is_there_the_next_time(tmp_path: Path) -> None:
    with Engine(find_engine(), database=tmp_path / "data.sqlite", log=tmp_path / "log") as first:
        make_table(first, "kept")
    with Engine(find_engine(), database=tmp_path / "data.sqlite", log=tmp_path / "log") as second:
        assert names_at(second) == ["kept"]


def test_a_file_finds_the_newest_stream_record_of_a_table_without_reading_all(tmp_path: Path) -> None:
    database = tmp_path / "data.sqlite"
    with Engine(find_engine(), database=database) as engine:
        make_table(engine, "streamed")
        with contextlib.closing(sqlite3.connect(database)) as connection:
            newest = "SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?"
            [(*_, plan)] = connection.execute(f"EXPLAIN QUERY PLAN {newest}", ("streamed",))

    assert "USING INDEX stream_records_by_number" in plan


def test_a_file_that_keeps_no_stream_records_is_left_alone(tmp_path: Path) -> None:
    assert not index_stream_records(tmp_path / "other.sqlite")


def test_a_program_that_ends_at_once_is_told_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="log"), Engine(Path("/bin/false"), log=tmp_path / "log"):
        pytest.fail("it cannot have started")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel of Linux does this")
def test_an_engine_does_not_outlive_a_parent_that_is_killed() -> None:
    program = (
        "import os, signal; from local.engine import Engine; from local.engine_binary import find_engine\n"
        "print(Engine(find_engine()).start().pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
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
