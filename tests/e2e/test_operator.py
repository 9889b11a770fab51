"""An operator looks after the platform: freezes a person, runs a job, reads the ledger and the report."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.people import Declined, Person, a_borrower, a_funded_loan, a_lender, an_operator


def test_an_operator_freezes_a_person_with_a_reason_and_the_audit_trail_tells(visit: Visit, url: str) -> None:
    person = a_borrower(url, has="50.00")
    watched = visit()
    page = watched.sign_in(an_operator(url), "/admin/")

    page.get_by_role("navigation").get_by_role("link", name="Users").click()
    page.get_by_label("User name or e-mail begins with").fill(person.username)
    page.get_by_role("link", name=person.username).click()
    page.get_by_role("button", name="Freeze").click()
    page.get_by_label("Reason").fill("Card was stolen")
    page.get_by_role("dialog").get_by_role("button", name=f"Freeze {person.username}").click()

    expect(page.get_by_text(f"{person.username} is frozen.")).to_be_visible()
    assert _is_refused(person, "account_frozen")
    page.get_by_role("navigation").get_by_role("link", name="Audit").click()
    expect(page.get_by_text("Card was stolen").first).to_be_visible()


def _is_refused(person: Person, code: str) -> bool:
    try:
        person.call("POST", "/api/wallets/withdraw/", {"amount": "1.00"})
    except Declined as refusal:
        return code in str(refusal)
    return False


def test_an_operator_runs_the_overdue_check_and_sees_its_run(visit: Visit, url: str) -> None:
    page = visit().sign_in(an_operator(url), "/admin/")
    page.get_by_role("navigation").get_by_role("link", name="Jobs").click()

    page.get_by_role("button", name="Run now: Check overdue payments").click()

    expect(page.get_by_text(re.compile(r"^Done in \d+"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Check overdue payments")).first).to_be_visible()


def test_an_operator_writes_and_reads_the_report(visit: Visit, url: str) -> None:
    watched = visit()
    watched.expect("404")
    page = watched.sign_in(an_operator(url), "/admin/")
    page.get_by_role("navigation").get_by_role("link", name="Jobs").click()
    page.get_by_role("button", name="Run now: Loan status summary report").click()
    expect(page.get_by_text(re.compile(r"^Done in \d+"))).to_be_visible()

    page.get_by_role("navigation").get_by_role("link", name="Reports").click()

    expect(page.get_by_role("heading", name="Reports")).to_be_visible()
    expect(page.get_by_text("No report yet. Run it.")).to_be_hidden()


def test_the_trial_balance_sums_to_nothing(visit: Visit, url: str) -> None:
    a_borrower(url, has="12.34")
    watched = visit()
    page = watched.sign_in(an_operator(url), "/admin/")

    page.get_by_role("navigation").get_by_role("link", name="Ledger").click()

    expect(page.get_by_text(re.compile(r"^All \d+ accounts sum to \$0\.00\.$"))).to_be_visible()


def test_an_operator_sees_both_schedules_before_a_loan_is_rescheduled(visit: Visit, url: str) -> None:
    borrower = a_borrower(url, has="500.00")
    loan = a_funded_loan(borrower, a_lender(url))
    watched = visit()
    page = watched.sign_in(an_operator(url), "/admin/")
    watched.open(f"/admin/#/loans/{loan}")

    page.get_by_role("button", name="Reschedule").click()
    page.get_by_label("Months from the next payment on").fill("12")
    page.get_by_role("textbox", name="Reason").fill("Asked for smaller payments")
    page.get_by_role("button", name="Show the new schedule").click()
    expect(page.get_by_role("region", name="The schedule as it is").locator("tbody tr")).to_have_count(6)
    expect(page.get_by_role("region", name="The schedule as it would be").locator("tbody tr")).to_have_count(12)
    page.get_by_role("button", name="Apply the new schedule").click()
    page.get_by_role("dialog").get_by_role("button", name="Apply the new schedule").click()

    expect(page.get_by_text("The loan is rescheduled.")).to_be_visible()
    assert len(borrower.call("GET", f"/api/loans/{loan}/schedule/")["items"]) == 12


def test_an_operator_clears_the_cache_and_the_audit_trail_tells(visit: Visit, url: str) -> None:
    watched = visit()
    page = watched.sign_in(an_operator(url), "/admin/")
    page.get_by_role("navigation").get_by_role("link", name="Cache").click()

    page.get_by_label("What").select_option("all")
    page.get_by_role("button", name="Clear", exact=True).click()

    expect(page.get_by_text("Cleared.")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Audit").click()
    expect(page.get_by_role("cell", name=re.compile("cache", re.IGNORECASE)).first).to_be_visible()
