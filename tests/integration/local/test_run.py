"""`make run` as a process: start, stop, kill, start again."""

import json
import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.database_binary import find_database_binary
from local.database_process import DatabaseProcess
from tests.integration.local.running_platform import (
    RunningPlatform,
    ends,
    free_port,
    is_running,
    running_platform,
    start,
)

pytestmark = pytest.mark.own_process


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """A platform that its tests leave running."""
    with running_platform(tmp_path_factory.mktemp("shared")) as platform:
        yield platform


def failed_start(data: Path, port: int, **variables: str) -> str:
    """Return the output of a start that fails."""
    process = start(data, port, **variables)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in output
    return output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_stop_the_server_and_its_database(tmp_path: Path, number: int) -> None:
    with running_platform(tmp_path) as platform:
        database = platform.database_pid
        assert platform.call("GET", "/health") == (200, {"status": "ok"})
        assert is_running(database)

        status = platform.stop(number)

        assert status == 0
        assert "Stopped." in platform.output
        assert not is_running(database)


@pytest.mark.parametrize("text", ["Database: dynoxide", "Tables: 9", "Demo accounts:", "http://localhost:", "curl"])
def test_start_prints_addresses_and_examples(platform: RunningPlatform, text: str) -> None:
    assert text.replace("localhost:", f"localhost:{platform.port}") in platform.output


@pytest.mark.parametrize(
    "account", ["john_borrower testpass123 1000.00", "sarah_lender testpass123 10000.00", "admin admin123 0.00"]
)
def test_demo_accounts_can_sign_in_and_have_money(platform: RunningPlatform, account: str) -> None:
    username, password, balance = account.split()

    token = platform.token_of(username, password)

    assert platform.call("GET", "/api/wallets/", token=token)[1]["balance"] == balance


def test_port_in_use_is_reported_before_anything_starts(platform: RunningPlatform, tmp_path: Path) -> None:
    output = failed_start(tmp_path / "second", platform.port)

    assert f"Port {platform.port} is in use" in output
    assert f"PORT={platform.port + 1} make run" in output


def test_data_in_use_by_another_server_is_rejected(platform: RunningPlatform) -> None:
    output = failed_start(platform.data, free_port())

    assert f"process {platform.process.pid}" in output
    assert "DATA_DIR=" in output
    assert platform.call("GET", "/health")[0] == 200


def test_unreachable_endpoint_is_reported(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"

    assert nowhere in failed_start(tmp_path, free_port(), AWS_ENDPOINT_URL=nowhere, AWS_MAX_ATTEMPTS="1")


def test_invalid_setting_is_named(tmp_path: Path) -> None:
    assert "PLATFORM_FEE='a lot'" in failed_start(tmp_path, free_port(), PLATFORM_FEE="a lot")


def test_requests_are_logged_in_the_file_only(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        platform.token_of("admin", "admin123")
        platform.stop()

        lines = [json.loads(line) for line in (tmp_path / "logs" / "platform.log").read_text().splitlines()]
        assert any(line.get("route") == "/api/users/login" for line in lines)
        assert "{" not in platform.output.partition("make seed-loan")[2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends the database")
def test_kill_9_ends_the_database_without_data_loss(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        token = platform.token_of("sarah_lender", "testpass123")
        platform.call("POST", "/api/wallets/deposit/", {"amount": "12.34"}, token)
        database = platform.database_pid

        platform.stop(signal.SIGKILL)

        assert ends(database)

    with running_platform(tmp_path) as platform:
        assert "Demo accounts: already there" in platform.output
        token = platform.token_of("sarah_lender", "testpass123")
        assert platform.call("GET", "/api/wallets/", token=token)[1]["balance"] == "10012.34"


def test_killed_database_is_started_again_without_data_loss(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        token = platform.token_of("sarah_lender", "testpass123")
        platform.call("POST", "/api/wallets/deposit/", {"amount": "12.34"}, token)
        killed = platform.database_pid
        assert platform.call("GET", "/health/ready") == (200, {"status": "ready"})

        os.kill(killed, signal.SIGKILL)

        assert ends(killed)
        assert becomes_ready(platform)
        assert within_ten_seconds(lambda: platform.database_pid != killed)  # its id is written after it answers
        assert is_running(platform.database_pid)
        assert platform.call("GET", "/api/wallets/", token=token)[1]["balance"] == "10012.34"
        assert platform.call("POST", "/api/wallets/deposit/", {"amount": "1.00"}, token)[0] == 200
        platform.stop()
        assert "the database ended; it is started again" in platform.output


def test_readiness_reports_a_missing_database(tmp_path: Path) -> None:
    with (
        DatabaseProcess(find_database_binary(), database=tmp_path / "elsewhere.sqlite") as elsewhere,
        running_platform(tmp_path, AWS_ENDPOINT_URL=elsewhere.endpoint) as platform,
    ):
        os.kill(elsewhere.pid, signal.SIGKILL)
        assert ends(elsewhere.pid)

        status, problem = platform.call("GET", "/health/ready")

        assert (status, problem["code"]) == (503, "temporarily_unavailable")
        assert platform.call("GET", "/health") == (200, {"status": "ok"})
        assert elsewhere.restart()
        assert becomes_ready(platform)


def test_address_of_the_database_is_for_its_owner_alone(platform: RunningPlatform) -> None:
    for name in ("database.json", "dynamodb.sqlite", "database.log"):
        assert stat.S_IMODE((platform.data / name).stat().st_mode) == 0o600


def becomes_ready(platform: RunningPlatform) -> bool:
    """Return whether the platform reports itself ready within ten seconds."""
    return within_ten_seconds(lambda: platform.call("GET", "/health/ready")[0] == 200)


def within_ten_seconds(holds: Callable[[], bool]) -> bool:
    """Return whether something comes to hold within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_configured_endpoint_replaces_the_embedded_database(tmp_path: Path) -> None:
    with (
        DatabaseProcess(find_database_binary()) as elsewhere,
        running_platform(tmp_path, AWS_ENDPOINT_URL=elsewhere.endpoint) as platform,
    ):
        assert f"the endpoint {elsewhere.endpoint}" in platform.output
        assert platform.token_of("admin", "admin123")
        assert not (tmp_path / "database.json").exists()
