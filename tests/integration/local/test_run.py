"""`make run` as a process: start, stop, kill, start again."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from local.engine import Engine
from local.engine_binary import find_engine
from tests.integration.local.running import a_running_platform, ends, free_port, is_running, start

pytestmark = pytest.mark.own_process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_server_and_its_engine(tmp_path: Path, number: int) -> None:
    with a_running_platform(tmp_path) as container:
        engine = container.engine_pid
        assert container.call("GET", "/health") == (200, {"status": "ok"})
        assert is_running(engine)

        status = container.stop(number)

        assert status == 0
        assert "Stopped." in container.said
        assert not is_running(engine)


def test_a_start_says_what_it_does_and_what_to_try(tmp_path: Path) -> None:
    with a_running_platform(tmp_path) as container:
        for word in (
            "Database: dynoxide",
            "Tables: 7",
            "Demo accounts:",
            f"http://localhost:{container.port}",
            "curl",
        ):
            assert word in container.said


def test_the_demo_accounts_can_sign_in_and_hold_their_money(tmp_path: Path) -> None:
    with a_running_platform(tmp_path) as container:
        for username, password, balance in (
            ("john_borrower", "testpass123", "1000.00"),
            ("sarah_lender", "testpass123", "10000.00"),
            ("admin", "admin123", "0.00"),
        ):
            token = container.token_of(username, password)
            assert container.call("GET", "/api/wallets/", token=token)[1]["balance"] == balance


def test_requests_are_logged_in_a_file_and_the_terminal_stays_readable(tmp_path: Path) -> None:
    with a_running_platform(tmp_path) as container:
        container.token_of("admin", "admin123")
        container.stop()

        lines = [json.loads(line) for line in (tmp_path / "logs" / "platform.log").read_text().splitlines()]
        assert any(line.get("route") == "/api/users/login" for line in lines)
        assert "{" not in container.said.partition("make seed-loan")[2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel of Linux ends the engine")
def test_after_kill_9_no_engine_is_left_and_the_next_start_finds_the_data(tmp_path: Path) -> None:
    with a_running_platform(tmp_path) as container:
        token = container.token_of("sarah_lender", "testpass123")
        container.call("POST", "/api/wallets/deposit/", {"amount": "12.34"}, token)
        engine = container.engine_pid

        container.stop(signal.SIGKILL)

        assert ends(engine)

    with a_running_platform(tmp_path) as container:
        assert "Demo accounts: there already" in container.said
        token = container.token_of("sarah_lender", "testpass123")
        assert container.call("GET", "/api/wallets/", token=token)[1]["balance"] == "10012.34"


def test_a_taken_port_is_told_before_anything_is_started(tmp_path: Path) -> None:
    with a_running_platform(tmp_path / "first") as container:
        second = start(tmp_path / "second", container.port)
        said, _ = second.communicate(timeout=30)

        assert second.returncode == 1
        assert f"Port {container.port} is taken" in said
        assert f"PORT={container.port + 1} make run" in said
        assert "Traceback" not in said


def test_data_that_another_server_uses_is_left_to_it(tmp_path: Path) -> None:
    with a_running_platform(tmp_path) as container:
        second = start(tmp_path, free_port())
        said, _ = second.communicate(timeout=30)

        assert second.returncode == 1
        assert f"process {container.process.pid}" in said
        assert "DATA_DIR=" in said
        assert container.call("GET", "/health")[0] == 200


def test_a_named_endpoint_is_used_instead_of_an_engine(tmp_path: Path) -> None:
    with (
        Engine(find_engine()) as elsewhere,
        a_running_platform(tmp_path, AWS_ENDPOINT_URL=elsewhere.endpoint) as container,
    ):
        assert f"the endpoint {elsewhere.endpoint}" in container.said
        assert container.token_of("admin", "admin123")
        assert not (tmp_path / "engine.json").exists()


def test_an_endpoint_that_does_not_answer_is_told(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"

    process = start(tmp_path, free_port(), AWS_ENDPOINT_URL=nowhere, AWS_MAX_ATTEMPTS="1")
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert nowhere in said
    assert "Traceback" not in said


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    process = start(tmp_path, free_port(), PLATFORM_FEE="a lot")
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "PLATFORM_FEE='a lot'" in said
