"""Operators' pages about payments: statements, unmatched entries, payouts, transfers, the test clock."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.bank_files import Detail, Entry, Statement, document
from tests.e2e.conftest import OpenPage
from tests.e2e.monitored_page import open_section
from tests.e2e.payments_demo import (
    SANDBOX,
    add_bank_account,
    request_withdrawal,
    settled_deposit,
    start_deposit,
)
from tests.e2e.users import create_borrower, sign_in_operator
from tests.integration.local.running_platform import running_server


@pytest.fixture(scope="module")
def url(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a platform with the payment provider `sandbox`."""
    with running_server(tmp_path_factory.mktemp("data"), **SANDBOX) as address:
        yield address


def import_file(page: Page, content: bytes) -> None:
    """Choose a file on the page of statements and import it."""
    file = FilePayload(name="statement.xml", mimeType="text/xml", buffer=content)
    page.get_by_label("Statement file").set_input_files(file)
    page.get_by_role("button", name="Import statement").click()


def test_unmatched_entry_is_assigned_to_its_deposit(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    deposit = start_deposit(user, "75.00")["id"]
    entry = Entry("75.00", (Detail(name="Ann Miller", text="For my account"),), servicer_reference="A-1")
    monitored = open_page()
    page = monitored.sign_in(sign_in_operator(url), "/admin/")
    monitored.open("/admin/#/payments/statements")

    import_file(page, document(Statement((entry,), statement_id="A")))
    expect(page.get_by_role("heading", name=re.compile("^Statement 27 Nov 2026"))).to_be_visible()
    page.get_by_role("button", name="Assign +€75.00 from Ann Miller").click()
    expect(page.get_by_role("dialog").get_by_label("Transfer", exact=True)).to_contain_text(user.username)
    page.get_by_role("dialog").get_by_role("button", name="Assign", exact=True).click()

    expect(page.get_by_text("Entry assigned.")).to_be_visible()
    assert user.call("GET", f"/api/transfers/{deposit}/")["status"] == "SETTLED"
    assert user.available == "75.00"


def test_unmatched_entry_is_assigned_to_a_user(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    entry = Entry("31.00", (Detail(name="Bob Miller"),), servicer_reference="B-1")
    monitored = open_page()
    page = monitored.sign_in(sign_in_operator(url), "/admin/")
    monitored.open("/admin/#/payments/statements")
    import_file(page, document(Statement((entry,), statement_id="B")))
    expect(page.get_by_role("heading", name=re.compile(r"^Statement \d"))).to_be_visible()

    page.get_by_role("navigation", name="Payments").get_by_role("link", name="Bank entries").click()
    page.get_by_role("button", name="Assign +€31.00 from Bob Miller").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("A user")).check()
    dialog.get_by_label("Username").fill("unknown-user")
    dialog.get_by_role("button", name="Assign", exact=True).click()
    expect(dialog.get_by_text("There is no user with this name.")).to_be_visible()
    dialog.get_by_label("Username").fill(user.username)
    dialog.get_by_role("button", name="Assign", exact=True).click()

    expect(page.get_by_text("Entry assigned.")).to_be_visible()
    assert user.available == "31.00"


def test_unmatched_entry_is_marked_to_be_sent_back(open_page: OpenPage, url: str) -> None:
    entry = Entry("12.00", (Detail(name="Carl Miller"),), servicer_reference="C-1")
    monitored = open_page()
    page = monitored.sign_in(sign_in_operator(url), "/admin/")
    monitored.open("/admin/#/payments/statements")
    import_file(page, document(Statement((entry,), statement_id="C")))

    page.get_by_role("button", name="Send back +€12.00 from Carl Miller").click()
    page.get_by_role("dialog").get_by_role("button", name="Send back").click()

    expect(page.get_by_text("Entry marked to be sent back.")).to_be_visible()
    expect(page.get_by_text("To be sent back").locator("visible=true").first).to_be_visible()


def test_same_statement_imported_again_changes_nothing(open_page: OpenPage, url: str) -> None:
    content = document(Statement((Entry("5.00", servicer_reference="D-1"),), statement_id="D"))
    monitored = open_page()
    page = monitored.sign_in(sign_in_operator(url), "/admin/")
    monitored.open("/admin/#/payments/statements")
    import_file(page, content)
    page.get_by_role("heading", name=re.compile(r"^Statement \d")).wait_for()
    page.get_by_role("link", name="Statements").first.click()

    import_file(page, content)

    expect(page.get_by_text("This file was already imported. Nothing has changed.")).to_be_visible()


def test_file_that_is_no_statement_is_explained(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    monitored.expect_errors("422")
    page = monitored.sign_in(sign_in_operator(url), "/admin/")
    monitored.open("/admin/#/payments/statements")

    page.get_by_role("button", name="Import statement").click()
    expect(page.get_by_text("Choose a file.")).to_be_visible()
    import_file(page, b"<html></html>")

    expect(page.get_by_role("alert")).to_be_visible()


def test_payout_is_created_and_downloaded(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    settled_deposit(user, "500.00")
    withdrawal = request_withdrawal(user, add_bank_account(user), "120.00")["id"]
    monitored = open_page()
    page = monitored.sign_in(sign_in_operator(url), "/admin/")
    monitored.open("/admin/#/payments/payouts")

    page.get_by_role("button", name="Create payout").click()
    page.get_by_role("dialog").get_by_role("button", name="Create payout").click()
    expect(page.get_by_text(re.compile(r"^Payout of €[\d,.]+ created\."))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download XML").first.click()

    content = download.value.path().read_text("utf-8")
    assert "pain.001.001.09" in content
    assert withdrawal in content
    assert user.call("GET", f"/api/transfers/{withdrawal}/")["status"] == "SUBMITTED"
    expect(page.get_by_text("No withdrawals are waiting to be paid out.")).to_be_visible()


def test_withdrawal_is_rejected(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    settled_deposit(user, "60.00")
    withdrawal = request_withdrawal(user, add_bank_account(user), "43.00")["id"]
    monitored = open_page()
    page = monitored.sign_in(sign_in_operator(url), "/admin/")
    monitored.open("/admin/#/payments/transfers?direction=WITHDRAWAL&status=REQUESTED")

    page.get_by_role("button", name=f"Reject €43.00 to {user.username}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("The account is closed")
    dialog.get_by_role("button", name="Reject withdrawal").click()

    expect(page.get_by_text("Withdrawal rejected.")).to_be_visible()
    assert user.call("GET", f"/api/transfers/{withdrawal}/")["status"] == "REJECTED"
    assert user.available == "60.00"


def test_transfers_are_filtered_by_direction_and_status(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    start_deposit(user, "41.00")
    settled_deposit(user, "42.00")
    page = open_page().sign_in(sign_in_operator(url), "/admin/")
    open_section(page, "Payments")

    page.get_by_label("Direction").select_option("DEPOSIT")
    page.get_by_label("Status").select_option("PENDING")

    expect(page.get_by_role("cell", name="€41.00", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="€42.00", exact=True)).to_be_hidden()


def test_clock_moves_forward_day_by_day(open_page: OpenPage, tmp_path: Path) -> None:
    with running_server(tmp_path, **SANDBOX) as url:
        monitored = open_page()
        monitored.url = url
        page = monitored.sign_in(sign_in_operator(url), "/admin/")
        open_section(page, "Test clock")

        page.get_by_label("Days").fill("2")
        page.get_by_role("button", name="Move forward").click()

        expect(page.get_by_text("Moved forward by 2 days.")).to_be_visible(timeout=60_000)
        expected = datetime.now(UTC) + timedelta(days=2)
        expect(page.get_by_text(re.compile(f"{expected.day} {expected:%b %Y}")).first).to_be_visible()
        expect(page.get_by_role("row", name=re.compile("Check overdue payments")).first).to_be_visible()
        other = open_page()
        other.url = url
        user_page = other.sign_in(create_borrower(url))
        other.open("/app/#/wallet")
        expect(user_page.get_by_label("End date")).to_have_value(f"{expected:%Y-%m-%d}")
        for each in (page, user_page):
            each.goto("about:blank")
