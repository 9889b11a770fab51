"""Deposits and withdrawals through a bank: instructions, bank accounts, progress, restricted accounts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.payments_demo import (
    BANK_ACCOUNT,
    IBAN,
    SANDBOX,
    add_bank_account,
    request_withdrawal,
    settle,
    settled_deposit,
    start_deposit,
)
from tests.e2e.users import create_borrower
from tests.integration.local.running_platform import running_server


@pytest.fixture(scope="module")
def url(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a platform with the payment provider `sandbox`."""
    with running_server(tmp_path_factory.mktemp("data"), **SANDBOX) as address:
        yield address


def confirm(page: Page, button: str) -> None:
    """Confirm the open dialog by the button with this name."""
    page.get_by_role("dialog").get_by_role("button", name=button).click()


def test_deposit_follows_instructions_until_it_is_settled(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    monitored = open_page()
    page = monitored.sign_in(user)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    monitored.open("/app/#/wallet")

    page.get_by_role("button", name="Deposit", exact=True).click()
    page.get_by_role("textbox", name="Amount").fill("250")
    page.get_by_role("button", name="Review deposit").click()
    confirm(page, "Deposit €250.00")
    expect(page.get_by_role("heading", name="Send €250.00 from your bank")).to_be_visible()
    page.get_by_role("button", name="Copy IBAN").click()
    expect(page.get_by_role("button", name="Copied IBAN")).to_be_visible()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == IBAN
    assert user.available == "0.00"
    page.get_by_role("button", name="Settle").click()

    expect(page.get_by_text("Transfer settled.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Added to your wallet")).to_contain_text("20")
    assert user.available == "250.00"


def test_instructions_are_shown_again_after_a_reload(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    reference = start_deposit(user, "40.00")["reference"]
    monitored = open_page()
    page = monitored.sign_in(user)
    monitored.open("/app/#/wallet/transfers")

    page.get_by_role("link", name="Deposit", exact=True).click()
    page.reload()

    expect(page.get_by_text(re.sub(r"(.{4})(?=.)", r"\1 ", reference), exact=True)).to_be_visible()


def test_pending_deposit_is_cancelled_after_a_confirmation(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    deposit = start_deposit(user, "40.00")["id"]
    monitored = open_page()
    page = monitored.sign_in(user)
    monitored.open(f"/app/#/wallet/transfers/{deposit}")

    page.get_by_role("button", name="Cancel deposit").click()
    confirm(page, "Cancel deposit of €40.00")

    expect(page.get_by_text("Deposit cancelled.").first).to_be_visible()
    assert user.call("GET", f"/api/transfers/{deposit}/")["status"] == "CANCELLED"


def test_wrong_bank_numbers_are_marked_next_to_their_fields(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    page = monitored.sign_in(create_borrower(url))
    monitored.open("/app/#/wallet/bank-accounts")
    page.get_by_role("button", name="Add bank account").click()
    page.get_by_label("Account holder").fill("Nora Miller")

    page.get_by_role("textbox", name="IBAN").fill("GB28 NWBK 6016 1331 9268 19")
    page.get_by_role("button", name="Add bank account").click()
    expect(page.get_by_text("This IBAN is not valid. Check it for typing mistakes.")).to_be_visible()
    page.get_by_role("radio", name="US account").check()
    page.get_by_role("textbox", name="Routing number").fill("021000022")
    page.get_by_role("textbox", name="Account number").fill("12")
    page.get_by_role("button", name="Add bank account").click()

    expect(page.get_by_role("textbox", name="Routing number")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("An account number has 4 to 17 digits.")).to_be_visible()


def test_bank_account_is_added_masked_and_removed(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    monitored = open_page()
    page = monitored.sign_in(user)
    monitored.open("/app/#/wallet/bank-accounts")

    page.get_by_role("button", name="Add bank account").click()
    page.get_by_label("Account holder").fill(BANK_ACCOUNT["holder"])
    page.get_by_role("textbox", name="IBAN").fill(BANK_ACCOUNT["iban"])
    page.get_by_role("button", name="Add bank account").click()
    expect(page.get_by_text(re.compile("^Bank account added."))).to_be_visible()
    expect(page.get_by_role("heading", name="Nora Miller")).to_be_visible()
    assert BANK_ACCOUNT["iban"].replace(" ", "") not in page.content()
    page.get_by_role("button", name="Remove Nora Miller").click()
    confirm(page, "Remove bank account")

    expect(page.get_by_text("Bank account removed.")).to_be_visible()
    assert user.call("GET", "/api/bank-accounts/")["items"] == []


def test_new_bank_account_says_from_when_it_can_be_used(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    add_bank_account(user)
    monitored = open_page()
    page = monitored.sign_in(user)

    def delay(route: Route) -> None:
        response = route.fetch()
        accounts = response.json()
        accounts["items"][0]["usable_from"] = "2098-03-04T09:30:00Z"
        route.fulfill(response=response, json=accounts)

    page.route("**/api/bank-accounts/", delay)
    monitored.open("/app/#/wallet/bank-accounts")
    expect(page.get_by_text("You can use this account from 4 Mar 2098, 09:30.")).to_be_visible()
    monitored.open("/app/#/wallet")
    page.get_by_role("button", name="Withdraw", exact=True).click()

    expect(page.get_by_role("radio", name=re.compile("Nora Miller"))).to_be_disabled()


def test_withdrawal_reaches_the_chosen_bank_account(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    settled_deposit(user, "500.00")
    add_bank_account(user)
    monitored = open_page()
    page = monitored.sign_in(user)
    monitored.open("/app/#/wallet")

    page.get_by_role("button", name="Withdraw", exact=True).click()
    expect(page.get_by_role("radio", name=re.compile("Nora Miller"))).to_be_checked()
    page.get_by_role("textbox", name="Amount").fill("120")
    page.get_by_role("button", name="Review withdrawal").click()
    expect(page.get_by_role("dialog")).to_contain_text("€380.00")
    confirm(page, "Withdraw €120.00")
    expect(page.get_by_role("heading", name="Withdrawal of €120.00")).to_be_visible()
    expect(page.get_by_text("Nora Miller, GB29")).to_be_visible()
    page.get_by_role("button", name="Settle").click()
    expect(page.get_by_text("Transfer settled.")).to_be_visible()

    expect(page.get_by_role("listitem").filter(has_text="Paid")).to_be_visible()
    wallet = user.call("GET", "/api/wallets/")
    assert (wallet["available"], wallet["held"]) == ("380.00", "0.00")


def test_wallet_shows_withdrawals_in_progress_as_reserved(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    settled_deposit(user, "500.00")
    request_withdrawal(user, add_bank_account(user), "120.00")
    monitored = open_page()
    page = monitored.sign_in(user)

    monitored.open("/app/#/wallet")
    page.get_by_role("link", name="Withdrawals in progress").click()

    expect(page.get_by_role("cell", name="€120.00")).to_be_visible()


def test_requested_withdrawal_is_cancelled(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    settled_deposit(user, "500.00")
    withdrawal = request_withdrawal(user, add_bank_account(user), "120.00")["id"]
    monitored = open_page()
    page = monitored.sign_in(user)
    monitored.open(f"/app/#/wallet/transfers/{withdrawal}")

    page.get_by_role("button", name="Cancel withdrawal").click()
    confirm(page, "Cancel withdrawal of €120.00")

    expect(page.get_by_text("Withdrawal cancelled. The money is available again.").first).to_be_visible()
    assert user.available == "500.00"


def test_withdrawal_without_a_bank_account_leads_to_adding_one(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    settled_deposit(user, "50.00")
    monitored = open_page()
    page = monitored.sign_in(user)
    monitored.open("/app/#/wallet")

    page.get_by_role("button", name="Withdraw", exact=True).click()
    page.get_by_role("link", name="Add bank account").click()

    expect(page.get_by_role("heading", name="Bank accounts")).to_be_visible()


def test_restricted_account_shows_what_is_owed_and_clears_it(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    deposit = settled_deposit(user, "100.00")["id"]
    settle(user, request_withdrawal(user, add_bank_account(user), "80.00")["id"])
    settle(user, deposit, "return")
    monitored = open_page()
    page = monitored.sign_in(user)
    expect(page.get_by_text("Your account is restricted. You owe €80.00.")).to_be_visible()
    page.get_by_role("link", name="See how to clear it").click()

    page.get_by_role("button", name="Deposit €80.00").click()
    page.get_by_role("button", name="Review deposit").click()
    confirm(page, "Deposit €80.00")
    page.get_by_role("button", name="Settle").click()
    expect(page.get_by_text("Transfer settled.")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Wallet").click()

    expect(page.get_by_text("Repayment of amount owed").locator("visible=true").first).to_be_visible()
    expect(page.get_by_text("Your account is restricted")).to_be_hidden()
    assert user.available == "0.00"


def test_deposit_without_a_configured_bank_account_is_refused(open_page: OpenPage, tmp_path: Path) -> None:
    with running_server(tmp_path, PAYMENT_PROVIDER="bank") as url:
        monitored = open_page()
        monitored.url = url
        monitored.expect_errors("503")
        page = monitored.sign_in(create_borrower(url))
        monitored.open("/app/#/wallet")

        page.get_by_role("button", name="Deposit", exact=True).click()
        page.get_by_role("textbox", name="Amount").fill("40")
        page.get_by_role("button", name="Review deposit").click()
        confirm(page, "Deposit $40.00")
        expect(page.get_by_role("alert")).to_contain_text("not available at the moment")
        page.get_by_role("dialog").get_by_role("button", name="Close").click()

        expect(page.get_by_text("We couldn’t confirm this payment.")).to_be_hidden()
        page.goto("about:blank")
