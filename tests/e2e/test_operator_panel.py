"""The operator panel: freezing users, running jobs, the ledger, reports, rescheduling, the cache."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.monitored_page import open_section
from tests.e2e.users import create_borrower, create_lender, sign_in_operator
from tests.factories import funded_loan


def test_freezing_a_user_is_enforced_and_audited(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url, "50.00")
    page = open_page().sign_in(sign_in_operator(url), "/admin/")

    open_section(page, "Users")
    page.get_by_label("Name or email").fill(user.username)
    page.get_by_role("link", name=user.username).click()
    page.get_by_role("button", name="Freeze").click()
    page.get_by_label("Reason").fill("Card was stolen")
    page.get_by_role("dialog").get_by_role("button", name=f"Freeze {user.username}").click()

    expect(page.get_by_text(f"{user.username} is now frozen.")).to_be_visible()
    with pytest.raises(AssertionError, match="account_frozen"):
        user.call("POST", "/api/wallets/withdraw/", {"amount": "1.00"})
    open_section(page, "Audit")
    expect(page.get_by_text("Card was stolen").first).to_be_visible()


def test_job_run_appears_in_the_list_of_runs(open_page: OpenPage, url: str) -> None:
    page = open_page().sign_in(sign_in_operator(url), "/admin/")
    open_section(page, "Jobs")

    page.get_by_role("button", name="Run now: Check overdue payments").click()

    expect(page.get_by_text(re.compile(r"^Finished in \d+"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Check overdue payments")).first).to_be_visible()


def test_report_is_shown_after_its_job_has_run(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    monitored.expect_errors("404")
    page = monitored.sign_in(sign_in_operator(url), "/admin/")
    open_section(page, "Jobs")
    page.get_by_role("button", name="Run now: Write daily report").click()
    expect(page.get_by_text(re.compile(r"^Finished in \d+"))).to_be_visible()

    open_section(page, "Reports")

    expect(page.get_by_role("heading", name="Reports")).to_be_visible()
    expect(page.get_by_text("No report yet.")).to_be_hidden()


def test_trial_balance_sums_to_zero(open_page: OpenPage, url: str) -> None:
    create_borrower(url, "12.34")
    page = open_page().sign_in(sign_in_operator(url), "/admin/")

    open_section(page, "Ledger")

    expect(page.get_by_text(re.compile(r"^All \d+ accounts sum to \$0\.00\.$"))).to_be_visible()


def test_rescheduling_previews_both_schedules_first(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url, "500.00")
    loan = funded_loan(borrower, create_lender(url))["id"]
    monitored = open_page()
    page = monitored.sign_in(sign_in_operator(url), "/admin/")
    monitored.open(f"/admin/#/loans/{loan}")

    page.get_by_role("button", name="Reschedule").click()
    page.get_by_label("Remaining term (months)").fill("4")
    page.get_by_label("Ground").select_option("contractual")
    page.get_by_role("textbox", name="Reason").fill("Borrower requested an earlier end")
    page.get_by_role("button", name="Preview new schedule").click()
    expect(page.get_by_role("region", name="Current schedule").locator("tbody tr")).to_have_count(6)
    expect(page.get_by_role("region", name="New schedule").locator("tbody tr")).to_have_count(4)
    page.get_by_role("button", name="Apply new schedule").click()
    page.get_by_role("dialog").get_by_role("button", name="Apply new schedule").click()

    expect(page.get_by_text("Loan rescheduled.").first).to_be_visible()
    assert len(borrower.call("GET", f"/api/loans/{loan}/schedule/")["items"]) == 4


def test_clearing_the_cache_is_audited(open_page: OpenPage, url: str) -> None:
    page = open_page().sign_in(sign_in_operator(url), "/admin/")
    open_section(page, "Cache")

    page.get_by_label("Scope").select_option("all")
    page.get_by_role("button", name="Clear", exact=True).click()

    expect(page.get_by_text("Cache cleared.")).to_be_visible()
    open_section(page, "Audit")
    expect(page.get_by_role("cell", name=re.compile("cache", re.IGNORECASE)).first).to_be_visible()
