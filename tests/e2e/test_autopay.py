"""Autopay on the page of a loan: the borrower's switch, and what lenders see."""

from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.users import create_borrower, create_lender
from tests.factories import funded_loan


def test_borrower_turns_autopay_on_and_off(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url, "500.00")
    loan = funded_loan(borrower, create_lender(url))["id"]
    monitored = open_page()
    page = monitored.sign_in(borrower)
    monitored.open(f"/app/#/loans/{loan}")
    switch = page.get_by_role("switch", name="Autopay")

    switch.click()
    page.get_by_role("dialog").get_by_role("button", name="Turn on autopay").click()
    expect(page.get_by_text("Autopay is on.")).to_be_visible()
    expect(switch).to_be_checked()
    assert borrower.call("GET", f"/api/loans/{loan}/")["autopay"]["enabled"] is True
    switch.click()
    page.get_by_role("dialog").get_by_role("button", name="Turn off autopay").click()

    expect(page.get_by_text("Autopay is off.")).to_be_visible()
    expect(switch).not_to_be_checked()


def test_lender_sees_autopay_without_a_switch(open_page: OpenPage, url: str) -> None:
    borrower, lender = create_borrower(url, "500.00"), create_lender(url)
    loan = funded_loan(borrower, lender)["id"]
    borrower.call("PUT", f"/api/loans/{loan}/autopay/")
    monitored = open_page()
    page = monitored.sign_in(lender)

    monitored.open(f"/app/#/market/{loan}")

    expect(page.get_by_text("instalments are paid automatically on their due dates.")).to_be_visible()
    expect(page.get_by_role("switch")).to_have_count(0)
