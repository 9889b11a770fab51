"""The command-line tools, as separate programs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.integration.local.running_platform import running_platform

pytestmark = pytest.mark.own_process


def use(tool: str, data: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", f"local.{tool}", *arguments],
        cwd=ROOT, env=environment | {"DATA_DIR": str(data)}, input=typed,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_tools_use_the_running_servers_data(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        seeded = use("seed", tmp_path, "--with-loan")

        status, open_loans = platform.call(
            "GET", "/api/loans/available/", token=platform.token_of("sarah_lender", "testpass123")
        )
        assert (seeded.returncode, status) == (0, 200), seeded.stderr
        assert "the running server" in seeded.stdout
        assert [loan["amount"] for loan in open_loans["items"]] == ["5000.00"]


def test_tools_open_the_data_without_a_server(tmp_path: Path) -> None:
    first = use("seed", tmp_path)
    second = use("seed", tmp_path)

    assert "10000.00 deposited for sarah_lender" in first.stdout
    assert "everything exists already" in second.stdout


def test_shell_has_the_container(tmp_path: Path) -> None:
    done = use("shell", tmp_path, typed='print("stage:", container.settings.stage)\n')

    assert "stage: local" in done.stdout


def test_no_operator_is_created_without_input(tmp_path: Path) -> None:
    done = use("create_admin", tmp_path, typed="")

    assert done.returncode == 1
    assert "No operator was created." in done.stderr
    assert "Traceback" not in done.stderr
