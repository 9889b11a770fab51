"""Reports under `make run`: the stream poller feeds the counters, jobs run, the rebuild agrees."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tests.integration.local.running import RunningPlatform, a_running_platform

pytestmark = [pytest.mark.own_process, pytest.mark.slow]

FOLLOWED_SECONDS = 2.0
SEEDED_SECONDS = 30.0
SUMMARY = "loan_status_summary_report"


def deposits_so_far(container: RunningPlatform, operator: str) -> Any:
    container.call("POST", f"/api/admin/tasks/{SUMMARY}/run/", {}, operator)
    status, report = container.call("GET", f"/api/admin/reports/{SUMMARY}/latest/", token=operator)
    assert status == 200
    return report["cash"]["deposits"]


def run_tool(container: RunningPlatform, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a local program next to the running server."""
    environment = {"DATA_DIR": str(container.data), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_counters_follow_within_two_seconds(tmp_path: Path) -> None:
    with a_running_platform(tmp_path) as container:
        operator = container.token_of("admin", "admin123")
        lender = container.token_of("sarah_lender", "testpass123")
        until = time.monotonic() + SEEDED_SECONDS
        while deposits_so_far(container, operator) != "11000.00":
            assert time.monotonic() < until

        container.call("POST", "/api/wallets/deposit/", {"amount": "12.34"}, lender)
        time.sleep(FOLLOWED_SECONDS)

        assert deposits_so_far(container, operator) == "11012.34"
        rebuilt = run_tool(container, "local.rebuild")
        assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
        assert "all as in the table" in rebuilt.stdout
        reconciled = run_tool(container, "local.task", "reconcile_ledger")
        assert reconciled.returncode == 0, reconciled.stdout + reconciled.stderr
        assert "wallets 2" in reconciled.stdout
        unknown = run_tool(container, "local.task")
        assert (unknown.returncode, "check_overdue_payments" in unknown.stderr) == (1, True)
