"""`make run` with its clock set forward: what is due falls overdue, is marked, and is paid."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.clock import open_clock
from local.errors import StartError
from tests.integration.local.running_platform import RunningPlatform, running_platform

CHECK = "check_overdue_payments"
MARKED_SECONDS = 20.0


def fund_a_loan(platform: RunningPlatform) -> str:
    """A loan of 1,000.00 for six months from request to funding; gives its id."""
    borrower = platform.token_of("john_borrower", "testpass123")
    lender = platform.token_of("sarah_lender", "testpass123")
    terms = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": 6, "purpose": "A new roof"}
    loan = f"/api/loans/{platform.call('POST', '/api/loans/', terms, borrower)[1]['id']}/"
    _, offer = platform.call("POST", f"{loan}offer/", {"annual_interest_rate": "12.00"}, lender)
    platform.call("POST", f"{loan}accept-offer/", {"offer_id": offer["id"]}, borrower)
    assert platform.call("POST", f"{loan}fund/", {}, lender)[0] == 200
    return loan


def run_of_the_check(platform: RunningPlatform) -> dict[str, Any]:
    """The newest run that the clock made, as soon as one found something due."""
    operator = platform.token_of("admin", "admin123")
    until = time.monotonic() + MARKED_SECONDS
    while time.monotonic() < until:
        _, response = platform.call("GET", "/api/admin/tasks/", token=operator)
        last: dict[str, Any] | None = next(task["last_run"] for task in response["tasks"] if task["name"] == CHECK)
        if last and last["counts"]["due"]:
            return last
        time.sleep(0.2)
    pytest.fail(f"the check found nothing due: {response}")


def first_row(platform: RunningPlatform, loan: str) -> dict[str, Any]:
    borrower = platform.token_of("john_borrower", "testpass123")
    row: dict[str, Any] = platform.call("GET", f"{loan}schedule/", token=borrower)[1]["items"][0]
    return row


@pytest.mark.own_process
@pytest.mark.slow
def test_instalment_falls_overdue_is_marked_and_is_paid(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        loan = fund_a_loan(platform)
        assert first_row(platform, loan)["status"] == "PENDING"
        platform.stop()

    with running_platform(tmp_path, CLOCK_AHEAD="33") as platform:
        assert "33 days ahead" in platform.output
        run = run_of_the_check(platform)
        assert (run["counts"]["due"], run["counts"]["accrued"], run["errors"]) == (1, 1, [])
        assert first_row(platform, loan)["status"] == "OVERDUE"
        borrower = platform.token_of("john_borrower", "testpass123")
        status, paid = platform.call("POST", f"{loan}pay/", {}, borrower)
        assert status == 200, paid
        assert first_row(platform, loan)["status"] == "PAID"


def lead_of(folder: Path) -> timedelta:
    clock = open_clock(folder)
    assert clock is not None
    return clock.lead


@pytest.mark.usefixtures("own_environment")
def test_setting_never_sets_the_clock_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lead_of(tmp_path) == timedelta(0)
    monkeypatch.setenv("CLOCK_AHEAD", "40")
    assert lead_of(tmp_path) == timedelta(days=40)
    monkeypatch.setenv("CLOCK_AHEAD", "3")
    assert lead_of(tmp_path) == timedelta(days=40)
    monkeypatch.delenv("CLOCK_AHEAD")
    assert lead_of(tmp_path) == timedelta(days=40)


@pytest.mark.parametrize("text", ["-1", "1.5", "soon", "36501"])
def test_invalid_number_of_days_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("CLOCK_AHEAD", text)
    with pytest.raises(StartError, match="whole days"):
        open_clock(tmp_path)


def test_another_stage_has_no_clock_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "dev")
    assert open_clock(tmp_path) is None
    monkeypatch.setenv("CLOCK_AHEAD", "1")
    with pytest.raises(StartError, match="only the local stage"):
        open_clock(tmp_path)
