"""`make run` with `make advance`: the clock of a running platform, with the jobs of every day."""

import os
import signal
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from tests.architecture.source import ROOT
from tests.integration.local.running_platform import RunningPlatform, free_port, running_platform

CLOCK: Final = "/api/sandbox/clock/"
REPORTS: Final = "/api/admin/reports/loan_status_summary_report/"
READY_SECONDS: Final = 120.0
pytestmark = [pytest.mark.own_process, pytest.mark.slow]


def make_advance(port: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program of `make advance`."""
    return subprocess.run(
        [sys.executable, "-m", "local.advance", *arguments],
        cwd=ROOT, env=os.environ | {"PORT": str(port)}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def fund_a_loan(platform: RunningPlatform, borrower: str, lender: str, months: int) -> str:
    """The path of a new loan of 1,000.00."""
    terms = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": months}
    loan = f"/api/loans/{platform.call('POST', '/api/loans/', terms, borrower)[1]['id']}/"
    _, offer = platform.call("POST", f"{loan}offer/", {"annual_interest_rate": "12.00"}, lender)
    platform.call("POST", f"{loan}accept-offer/", {"offer_id": offer["id"]}, borrower)
    assert platform.call("POST", f"{loan}fund/", {}, lender)[0] == 200
    return loan


def wait_until_ready(platform: RunningPlatform, operator: str) -> dict[str, Any]:
    """The state of the clock as soon as it has reached its target."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        state: dict[str, Any] = platform.call("GET", CLOCK, token=operator)[1]
        if state["status"] == "ready":
            return state
        time.sleep(0.1)
    pytest.fail("the clock did not reach its target")


def require_final_reports(platform: RunningPlatform, operator: str, first: date) -> None:
    """Require a final report of every past day from the first one. The job of reports runs at 00:30."""
    now = datetime.fromisoformat(platform.call("GET", CLOCK, token=operator)[1]["now"])
    last = (now - timedelta(minutes=35)).date()
    assert (last - first).days > 1
    for day in (first + timedelta(days=number) for number in range((last - first).days)):
        report = platform.call("GET", f"{REPORTS}?date={day}", token=operator)[1]
        assert report.get("is_final"), (day, report)


def busy_seconds(platform: RunningPlatform) -> float:
    """The processor time of the platform and its database, which other programs on the machine do not lengthen."""
    processes = f"{platform.process.pid},{platform.database_pid}"
    listed = subprocess.run(["ps", "-o", "time=", "-p", processes], capture_output=True, text=True, check=True)
    total = 0.0
    for text in listed.stdout.split():
        parts = text.replace("-", ":").split(":")
        total += sum(float(part) * 60**power for power, part in enumerate(reversed(parts)))
    return total


def test_platform_advances_day_by_day_and_keeps_the_date(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        borrower = platform.token_of("john_borrower", "testpass123")
        operator, lender = platform.token_of("admin", "admin123"), platform.token_of("sarah_lender", "testpass123")
        loan = fund_a_loan(platform, borrower, lender, months=6)
        first_due = platform.call("GET", f"{loan}schedule/", token=borrower)[1]["items"][0]["due_date"]
        started_on = date.fromisoformat(platform.call("GET", CLOCK, token=operator)[1]["now"][:10])

        printed = make_advance(platform.port, "--to", first_due)

        assert printed.returncode == 0, printed.stderr
        days = [line.partition("  ")[0] for line in printed.stdout.splitlines()[:-1]]
        expected = [started_on + timedelta(days=number) for number in range(len(days))]
        assert days == [day.isoformat() for day in expected]
        assert days[-1] == first_due
        assert platform.call("POST", f"{loan}pay/", {}, borrower)[0] == 200
        row = platform.call("GET", f"{loan}schedule/", token=borrower)[1]["items"][0]
        assert (row["status"], row["paid_at"][:10]) == ("PAID", first_due)
        require_final_reports(platform, operator, started_on)
        platform.stop()

    with running_platform(tmp_path) as platform:
        assert f"Clock: {first_due}" in platform.output
        operator = platform.token_of("admin", "admin123")
        assert platform.call("GET", "/api/admin/ledger/trial-balance/", token=operator)[1]["total"] == "0.00"


def test_writes_wait_while_reads_and_sign_in_work(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        operator, lender = platform.token_of("admin", "admin123"), platform.token_of("sarah_lender", "testpass123")
        status, started = platform.call("POST", f"{CLOCK}advance/", {"days": 30}, operator)
        assert (status, started["status"]) == (202, "advancing")

        refused = platform.call("POST", "/api/wallets/deposit/", {"amount": "1.00"}, lender)
        second = platform.call("POST", f"{CLOCK}advance/", {"days": 30}, operator)

        assert (refused[0], refused[1]["code"]) == (503, "clock_advancing")
        assert (second[0], second[1]["code"]) == (409, "clock_advancing")
        assert platform.call("GET", "/api/wallets/", token=lender)[0] == 200
        assert platform.token_of("sarah_lender", "testpass123")
        wait_until_ready(platform, operator)
        assert platform.call("POST", "/api/wallets/deposit/", {"amount": "1.00"}, lender)[0] == 200


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_stopped_platform_continues_to_its_target(tmp_path: Path, number: int) -> None:
    with running_platform(tmp_path) as platform:
        operator = platform.token_of("admin", "admin123")
        started = platform.call("POST", f"{CLOCK}advance/", {"days": 20}, operator)[1]
        while not platform.call("GET", CLOCK, token=operator)[1]["jobs"]:
            time.sleep(0.02)
        platform.stop(number)

    with running_platform(tmp_path) as platform:
        operator = platform.token_of("admin", "admin123")
        reached = wait_until_ready(platform, operator)
        first, last = date.fromisoformat(started["now"][:10]), date.fromisoformat(reached["now"][:10])
        assert last - first == timedelta(days=20)
        require_final_reports(platform, operator, first)


def test_program_explains_that_no_platform_runs() -> None:
    port = free_port()

    printed = make_advance(port, "--days", "33")

    assert printed.returncode == 1
    assert f"No platform runs on http://localhost:{port}. Start one with `make run`" in printed.stderr


def test_program_explains_a_refusal(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        assert "must be after" in make_advance(platform.port, "--to", "2020-01-31").stderr
        refused = make_advance(platform.port, "--days", "0")
        assert (refused.returncode, "days" in refused.stderr) == (1, True)


def test_year_of_a_loan_takes_less_than_a_minute(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        borrower = platform.token_of("john_borrower", "testpass123")
        operator, lender = platform.token_of("admin", "admin123"), platform.token_of("sarah_lender", "testpass123")
        loan = fund_a_loan(platform, borrower, lender, months=12)
        assert platform.call("PUT", f"{loan}autopay/", token=borrower)[0] == 200
        due_dates = [row["due_date"] for row in platform.call("GET", f"{loan}schedule/", token=operator)[1]["items"]]
        started_on = date.fromisoformat(platform.call("GET", CLOCK, token=operator)[1]["now"][:10])
        assert platform.call("GET", loan, token=borrower)[1]["status"] == "FUNDED"  # cached from now on
        assert platform.call("GET", "/api/wallets/", token=borrower)[1]["balance"] == "2000.00"
        before = busy_seconds(platform)

        printed = make_advance(platform.port, "--to", due_dates[-1])

        assert printed.returncode == 0, printed.stderr
        assert busy_seconds(platform) - before < 60.0
        instalments = platform.call("GET", f"{loan}schedule/", token=operator)[1]["items"]
        assert [(row["status"], row["paid_at"][:10]) for row in instalments] == [("PAID", due) for due in due_dates]
        assert platform.call("GET", loan, token=borrower)[1]["status"] == "COMPLETED"
        assert platform.call("GET", "/api/wallets/", token=borrower)[1]["balance"] == "933.81"
        assert platform.call("GET", "/api/admin/ledger/trial-balance/", token=operator)[1]["total"] == "0.00"
        assert platform.token_of("john_borrower", "testpass123")
        require_final_reports(platform, operator, started_on)
