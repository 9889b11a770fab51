"""However often people click, reload, or lose the network: money moves once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Visit
from tests.e2e.people import Person, a_borrower, a_funded_loan, a_lender

PAID = re.compile(r"^Pay \$172\.55$")
LEFT = "2827.45"  # 2,000 + 1,000 of the loan − 172.55


@pytest.fixture
def person(url: str) -> Person:
    """A borrower who can pay."""
    borrower = a_borrower(url, has="2000.00")
    a_funded_loan(borrower, a_lender(url))
    return borrower


def open_confirmation(page: Page) -> None:
    """Press Pay on the first page."""
    page.get_by_role("button", name=PAID).first.click()
    page.get_by_role("dialog").wait_for()


def test_a_double_click_pays_once(visit: Visit, person: Person) -> None:
    page = visit().sign_in(person)
    open_confirmation(page)

    page.get_by_role("dialog").get_by_role("button", name=PAID).dblclick()

    expect(page.get_by_text("It counted once.").first).to_be_visible()
    assert person.available == LEFT


def test_two_enters_on_the_dialog_pay_nothing(visit: Visit, person: Person) -> None:
    page = visit().sign_in(person)
    page.get_by_role("button", name=PAID).first.focus()

    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    expect(page.get_by_role("dialog").get_by_role("heading")).to_be_focused()
    assert person.available == "3000.00"


def test_the_dialog_offers_what_was_shown_and_escape_leaves_it(visit: Visit, person: Person) -> None:
    page = visit().sign_in(person)
    open_confirmation(page)

    expect(page.get_by_role("dialog")).to_contain_text("Left after$2,827.45")
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert person.available == "3000.00"


def test_a_payment_that_is_confirmed_in_two_tabs_counts_once(visit: Visit, person: Person) -> None:
    first = visit()
    page = first.sign_in(person)
    other = visit(beside=first).open("/app/")
    open_confirmation(page)
    open_confirmation(other)

    page.get_by_role("dialog").get_by_role("button", name=PAID).click()
    expect(page.get_by_text("It counted once.").first).to_be_visible()
    other.get_by_role("dialog").get_by_role("button", name=PAID).click()

    expect(other.get_by_text("has been done in another tab meanwhile")).to_be_visible()
    assert person.available == LEFT


def test_a_reload_in_the_middle_of_a_payment_counts_once(visit: Visit, person: Person) -> None:
    page = visit().sign_in(person)
    held: list[Route] = []
    page.route("**/pay/", lambda route: held.append(route))
    open_confirmation(page)
    page.get_by_role("dialog").get_by_role("button", name=PAID).click()
    expect(page.get_by_role("button", name="Paying…")).to_be_visible()
    page.wait_for_timeout(200)
    held[0].fetch()  # it reaches the platform, and the answer never reaches the page
    page.unroute("**/pay/")

    page.reload()
    page.get_by_role("button", name="Check it now").click()

    expect(page.get_by_text("it had gone through. It counted once.")).to_be_visible()
    assert person.available == LEFT


def test_a_cut_network_leaves_a_payment_that_is_sent_again_as_it_was(visit: Visit, person: Person) -> None:
    watched = visit()
    watched.expect("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
    page = watched.sign_in(person)
    open_confirmation(page)
    page.context.set_offline(True)
    page.get_by_role("dialog").get_by_role("button", name=PAID).click()
    expect(page.get_by_text("It is not known yet whether this went through.")).to_be_visible()
    page.context.set_offline(False)

    page.get_by_role("dialog").get_by_role("button", name="Check it now").click()

    expect(page.get_by_text("It counted once.").first).to_be_visible()
    assert person.available == LEFT


def test_while_an_outcome_is_unknown_nobody_can_ask_again(visit: Visit, person: Person) -> None:
    watched = visit()
    watched.expect("ERR_FAILED")
    page = watched.sign_in(person)
    page.route("**/pay/", lambda route: route.abort())
    open_confirmation(page)
    page.get_by_role("dialog").get_by_role("button", name=PAID).click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    page.get_by_role("button", name=PAID).first.click()

    expect(page.get_by_role("dialog")).to_contain_text("its outcome is not known yet")
    expect(page.get_by_text("A payment may not have finished.")).to_be_visible()


def test_a_refused_payment_leaves_nothing_behind(visit: Visit, url: str) -> None:
    poor = a_borrower(url)
    a_funded_loan(poor, a_lender(url))
    poor.call("POST", "/api/wallets/withdraw/", {"amount": "950.00"})
    watched = visit()
    watched.expect("409")
    page = watched.sign_in(poor)
    open_confirmation(page)

    page.get_by_role("dialog").get_by_role("button", name=PAID).click()

    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("$122.55 is missing")
    page.reload()
    expect(page.get_by_role("button", name=PAID).first).to_be_visible()
    expect(page.get_by_text("A payment may not have finished.")).to_be_hidden()


def test_an_instalment_cannot_be_paid_twice_while_the_page_is_still_old(visit: Visit, person: Person) -> None:
    page = visit().sign_in(person)
    open_confirmation(page)
    held: list[Route] = []
    page.route("**/api/loans/pending-payments/**", lambda route: held.append(route))
    page.get_by_role("dialog").get_by_role("button", name=PAID).click()
    expect(page.get_by_text("It counted once.").first).to_be_visible()

    page.get_by_role("button", name=PAID).first.click()

    expect(page.get_by_role("dialog")).to_be_hidden()
    held[0].continue_()
    expect(page.get_by_text("Instalment 2 of the loan")).to_be_visible()
    assert person.available == LEFT
