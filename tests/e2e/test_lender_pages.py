"""Pages of lenders: auto-invest rules, offers, the portfolio."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.users import create_borrower, create_lender
from tests.factories import funded_loan, open_loan, pay


def test_rule_is_added_turned_off_and_deleted(open_page: OpenPage, url: str) -> None:
    lender = create_lender(url)
    monitored = open_page()
    page = monitored.sign_in(lender)
    monitored.open("/app/#/auto")
    expect(page.get_by_text("No rules yet.")).to_be_visible()

    page.get_by_role("button", name="Add rule").click()
    page.get_by_label("Amount per loan").fill("250")
    page.get_by_label("Minimum rate").fill("49")
    page.get_by_role("button", name="Review rule").click()
    page.get_by_role("dialog").get_by_role("button", name="Add rule").click()
    expect(page.get_by_text(re.compile(r"^Offer \$250\.00 \(up to 25\.00% of the loan\) at 49\.00%"))).to_be_visible()

    page.get_by_role("button", name="Turn off").click()
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("Rule turned off.")).to_be_visible()
    assert [rule["active"] for rule in lender.call("GET", "/api/loans/auto-invest/")["items"]] == [False]

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete rule").click()
    expect(page.get_by_text("Rule deleted.")).to_be_visible()
    assert lender.call("GET", "/api/loans/auto-invest/")["items"] == []


def test_partial_offer_is_made_and_withdrawn(open_page: OpenPage, url: str) -> None:
    lender = create_lender(url)
    loan = open_loan(create_borrower(url), "2000.00", "14.00", 12)["id"]
    monitored = open_page()
    page = monitored.sign_in(lender)
    monitored.open(f"/app/#/market/{loan}")

    page.get_by_role("textbox", name="Amount").fill("800")
    page.get_by_label("Your rate").fill("11.5")
    page.get_by_role("button", name="Review offer").click()
    page.get_by_role("dialog").get_by_role("button", name="Offer $800.00").click()
    expect(page.get_by_text("Waiting for borrower")).to_be_visible()
    page.get_by_role("button", name="Withdraw offer").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw offer").click()

    expect(page.get_by_text("Offer withdrawn.")).to_be_visible()
    assert lender.call("GET", "/api/loans/my-offers/")["items"] == []


def test_portfolio_shows_received_and_expected_repayments(open_page: OpenPage, url: str) -> None:
    borrower, lender = create_borrower(url, "500.00"), create_lender(url)
    loan = funded_loan(borrower, lender)["id"]
    pay(borrower, loan, "172.55")
    monitored = open_page()
    page = monitored.sign_in(lender)

    monitored.open("/app/#/portfolio")

    expect(page.get_by_text("None of your loans are overdue.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\$862\.73 expected"))).to_be_visible()
    row = page.get_by_role("region", name="Positions").locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("$837.45")
