"""Reports under `make run`: the stream poller feeds the counters, jobs run, the rebuild agrees."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tests.integration.local.running_platform import RunningPlatform, running_platform

pytestmark = [pytest.mark.own_process, pytest.mark.slow]

FOLLOWED_SECONDS = 2.0
SEEDED_SECONDS = 30.0
SUMMARY = "loan_status_summary_report"


def deposits_so_far(platform: RunningPlatform, operator: str) -> Any:
    platform.call("POST", f"/api/admin/tasks/{SUMMARY}/run/", {}, operator)
    status, report = platform.call("GET", f"/api/admin/reports/{SUMMARY}/latest/", token=operator)
    assert status == 200
    return report["cash"]["deposits"]


def run_tool(platform: RunningPlatform, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a local program next to the running server."""
    environment = {"DATA_DIR": str(platform.data), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_counters_follow_within_two_seconds(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        operator = platform.token_of("admin", "admin123")
        lender = platform.token_of("sarah_lender", "testpass123")
        until = time.monotonic() + SEEDED_SECONDS
        while deposits_so_far(platform, operator) != "11000.00":
            assert time.monotonic() < until

        platform.call("POST", "/api/wallets/deposit/", {"amount": "12.34"}, lender)
        time.sleep(FOLLOWED_SECONDS)

        assert deposits_so_far(platform, operator) == "11012.34"
        rebuilt = run_tool(platform, "local.rebuild")
        assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
        assert "all as in the table" in rebuilt.stdout
        reconciled = run_tool(platform, "local.task", "reconcile_ledger")
        assert reconciled.returncode == 0, reconciled.stdout + reconciled.stderr
        assert "wallets 2" in reconciled.stdout
        unknown = run_tool(platform, "local.task")
        assert (unknown.returncode, "check_overdue_payments" in unknown.stderr) == (1, True)
