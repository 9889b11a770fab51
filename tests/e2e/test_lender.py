"""A lender looks after the money: rules that offer, and a portfolio that tells what comes back."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.people import a_borrower, a_funded_loan, a_lender


def test_a_rule_is_set_stopped_and_removed(visit: Visit, url: str) -> None:
    lender = a_lender(url)
    watched = visit()
    page = watched.sign_in(lender)
    watched.open("/app/#/auto")
    expect(page.get_by_text("Rules lend for you.")).to_be_visible()

    page.get_by_role("button", name="Add rule").click()
    page.get_by_label("Per loan").fill("250")
    page.get_by_label("Rate, at least").fill("49")
    page.get_by_role("button", name="Review rule").click()
    page.get_by_role("dialog").get_by_role("button", name="Add this rule").click()
    expect(page.get_by_text(re.compile(r"^Offer \$250\.00 on every loan at 49\.00 % or more"))).to_be_visible()

    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop it").click()
    expect(page.get_by_text("The rule is stopped.")).to_be_visible()
    assert [one["active"] for one in lender.call("GET", "/api/loans/auto-invest/")["items"]] == [False]

    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("The rule is removed.")).to_be_visible()
    assert lender.call("GET", "/api/loans/auto-invest/")["items"] == []


def test_an_offer_is_made_for_a_part_and_withdrawn(visit: Visit, url: str) -> None:
    borrower, lender = a_borrower(url), a_lender(url)
    terms = {"amount": "2000.00", "annual_interest_rate": "14.00", "term_months": 12}
    loan = borrower.call("POST", "/api/loans/", terms)["id"]
    watched = visit()
    page = watched.sign_in(lender)
    watched.open(f"/app/#/market/{loan}")

    page.get_by_role("textbox", name="Amount").fill("800")
    page.get_by_label("Your rate").fill("11.5")
    page.get_by_role("button", name="Review offer").click()
    page.get_by_role("dialog").get_by_role("button", name="Offer $800.00").click()
    expect(page.get_by_text("Waiting for the borrower")).to_be_visible()
    page.get_by_role("button", name="Withdraw the offer").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw the offer").click()

    expect(page.get_by_text("Your offer is withdrawn.")).to_be_visible()
    assert lender.call("GET", "/api/loans/my-offers/")["items"] == []


def test_the_portfolio_tells_what_came_back_and_what_will(visit: Visit, url: str) -> None:
    borrower, lender = a_borrower(url, has="500.00"), a_lender(url)
    loan = a_funded_loan(borrower, lender)
    borrower.call("POST", f"/api/loans/{loan}/pay/", {"amount": "172.55"})
    watched = visit()
    page = watched.sign_in(lender)

    watched.open("/app/#/portfolio")

    expect(page.get_by_text("No loan of yours is late.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\$862\.73 are still to come"))).to_be_visible()
    row = page.get_by_role("region", name="Positions").locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("$837.45")
