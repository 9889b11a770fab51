"""A payment is charged once after double clicks, reloads, lost responses and confirmations in two tabs."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.users import User, create_borrower, create_lender
from tests.factories import funded_loan

PAY = re.compile(r"^Pay \$172\.55$")
RECEIVED = "Payment of $172.55 received."
BALANCE_BEFORE = "3000.00"  # 2,000 deposited + 1,000 of the loan
BALANCE_AFTER = "2827.45"


@pytest.fixture
def borrower(url: str) -> User:
    """Borrower with an active loan and enough money to pay an instalment."""
    user = create_borrower(url, "2000.00")
    funded_loan(user, create_lender(url))
    return user


def open_confirmation(page: Page) -> None:
    """Press Pay on the home page."""
    page.get_by_role("button", name=PAY).first.click()
    page.get_by_role("dialog").wait_for()


def confirm_payment(page: Page) -> None:
    """Press Pay in the dialog."""
    page.get_by_role("dialog").get_by_role("button", name=PAY).click()


def is_preview(route: Route) -> bool:
    """Return True for a request that only asks for the effect of a payment."""
    return "dry_run" in (route.request.post_data or "")


def test_double_click_charges_once(open_page: OpenPage, borrower: User) -> None:
    page = open_page().sign_in(borrower)
    open_confirmation(page)

    page.get_by_role("dialog").get_by_role("button", name=PAY).dblclick()

    expect(page.get_by_text(RECEIVED).first).to_be_visible()
    assert borrower.available == BALANCE_AFTER


def test_enter_on_an_open_dialog_does_not_pay(open_page: OpenPage, borrower: User) -> None:
    page = open_page().sign_in(borrower)
    page.get_by_role("button", name=PAY).first.focus()

    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    expect(page.get_by_role("dialog").get_by_role("heading")).to_be_focused()
    assert borrower.available == BALANCE_BEFORE


def test_escape_closes_the_dialog_without_paying(open_page: OpenPage, borrower: User) -> None:
    page = open_page().sign_in(borrower)
    open_confirmation(page)

    expect(page.get_by_role("dialog")).to_contain_text("Available after payment$2,827.45")
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert borrower.available == BALANCE_BEFORE


def test_confirmations_in_two_tabs_charge_once(open_page: OpenPage, borrower: User) -> None:
    first = open_page()
    page = first.sign_in(borrower)
    other = open_page(same_profile=first).open("/app/")
    open_confirmation(page)
    open_confirmation(other)

    confirm_payment(page)
    expect(page.get_by_text(RECEIVED).first).to_be_visible()
    confirm_payment(other)

    expect(other.get_by_text("You already did this in another tab.")).to_be_visible()
    assert borrower.available == BALANCE_AFTER


def test_retry_after_a_reload_charges_once(open_page: OpenPage, borrower: User) -> None:
    page = open_page().sign_in(borrower)
    intercepted: list[Route] = []
    page.route("**/pay/", lambda route: route.continue_() if is_preview(route) else intercepted.append(route))
    open_confirmation(page)
    confirm_payment(page)
    expect(page.get_by_role("button", name="Paying…")).to_be_visible()
    page.wait_for_timeout(200)
    intercepted[0].fetch()  # the request reaches the server, and the response is lost

    page.reload()
    page.unroute("**/pay/")  # after the reload: without a route, Chromium would send the intercepted request
    page.get_by_role("button", name="Retry payment").click()

    expect(page.get_by_text("This payment had already gone through. You were charged once.")).to_be_visible()
    assert borrower.available == BALANCE_AFTER


def test_retry_after_a_lost_connection_charges_once(open_page: OpenPage, borrower: User) -> None:
    monitored = open_page()
    monitored.expect_errors("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
    page = monitored.sign_in(borrower)
    open_confirmation(page)
    page.context.set_offline(True)
    confirm_payment(page)
    expect(page.get_by_text("We couldn’t confirm this payment.").last).to_be_visible()
    page.context.set_offline(False)

    page.get_by_role("dialog").get_by_role("button", name="Retry payment").click()

    expect(page.get_by_text(RECEIVED).first).to_be_visible()
    assert borrower.available == BALANCE_AFTER


def test_unconfirmed_payment_blocks_a_new_one(open_page: OpenPage, borrower: User) -> None:
    monitored = open_page()
    monitored.expect_errors("ERR_FAILED")
    page = monitored.sign_in(borrower)
    page.route("**/pay/", lambda route: route.continue_() if is_preview(route) else route.abort())
    open_confirmation(page)
    confirm_payment(page)
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    page.get_by_role("button", name=PAY).first.click()

    expect(page.get_by_role("dialog")).to_contain_text("we couldn’t confirm it yet")
    expect(page.get_by_text("We couldn’t confirm this payment.")).to_be_visible()


def test_rejected_payment_leaves_nothing_to_retry(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url)
    funded_loan(borrower, create_lender(url))
    borrower.call("POST", "/api/wallets/withdraw/", {"amount": "950.00"})
    monitored = open_page()
    monitored.expect_errors("409")
    page = monitored.sign_in(borrower)
    open_confirmation(page)

    confirm_payment(page)

    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Add $122.55 to your wallet")
    page.reload()
    expect(page.get_by_role("button", name=PAY).first).to_be_visible()
    expect(page.get_by_text("We couldn’t confirm this payment.")).to_be_hidden()


def test_paid_instalment_cannot_be_paid_from_outdated_page(open_page: OpenPage, borrower: User) -> None:
    page = open_page().sign_in(borrower)
    open_confirmation(page)
    intercepted: list[Route] = []
    page.route("**/api/loans/pending-payments/**", lambda route: intercepted.append(route))
    confirm_payment(page)
    expect(page.get_by_text(RECEIVED).first).to_be_visible()

    page.get_by_role("button", name=PAY).first.click()

    expect(page.get_by_role("dialog")).to_be_hidden()
    intercepted[0].continue_()
    expect(page.get_by_text("instalment 2")).to_be_visible()
    assert borrower.available == BALANCE_AFTER
