"""A loan from the request to its completion, by two people in two browsers."""

from __future__ import annotations

import re
from typing import Literal

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.people import PASSWORD, a_borrower, a_funded_loan, a_lender

Role = Literal["button", "link", "textbox"]


def confirm(page: Page, verb: str) -> None:
    """Press the button of the dialog that is open; its name begins with the verb."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile(f"^{verb}")).click()
    expect(dialog).to_be_hidden()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def register(page: Page, username: str, role: str) -> None:
    """Fill in the form of a new account."""
    page.get_by_role("radio", name=re.compile(role)).check()
    page.get_by_label("User name").fill(username)
    page.get_by_label("E-mail").fill(f"{username}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("navigation", name="Main").wait_for()


def deposit(page: Page, amount: str) -> None:
    """Put money into the wallet."""
    page.get_by_role("navigation").get_by_role("link", name="Wallet").click()
    page.get_by_role("button", name="Deposit").click()
    page.get_by_label("Amount").fill(amount)
    page.get_by_role("button", name="Review deposit").click()
    confirm(page, "Deposit")


def ask_for_a_loan(page: Page) -> None:
    """1,000.00 for two months."""
    page.get_by_role("navigation").get_by_role("link", name="Request").click()
    page.get_by_label("Months").fill("2")
    page.get_by_label("What for (optional)").fill("Garden shed")
    page.get_by_role("button", name="Review request").click()
    confirm(page, "Request")
    expect(page.get_by_role("heading", level=1)).to_contain_text("$1,000.00 · Garden shed")


def offer_on_it(page: Page) -> None:
    """The whole amount, at ten percent."""
    page.get_by_role("navigation").get_by_role("link", name="Market").click()
    page.get_by_role("row", name=re.compile("Garden shed")).get_by_role("link").click()
    page.get_by_label("Your rate").fill("10")
    page.get_by_role("button", name="Review offer").click()
    confirm(page, "Offer")
    expect(page.get_by_text("Waiting for the borrower")).to_be_visible()


def accept_the_offer(page: Page) -> None:
    """There is only one."""
    page.reload()
    page.get_by_role("link", name="See 1 offer").click()
    page.get_by_role("button", name="Accept 10.00").click()
    confirm(page, "Accept")
    expect(page.get_by_text("The amount is covered.")).to_be_visible()


def fund(page: Page) -> None:
    """Pay the amount and the fee in."""
    page.reload()
    page.get_by_role("button", name=re.compile("^Fund")).click()
    confirm(page, "Fund")
    expect(page.get_by_text("Funded.")).to_be_visible()


def pay_both_instalments(page: Page) -> None:
    """About 506.26 each."""
    page.get_by_role("link", name="The loan").click()
    for _ in range(2):
        page.get_by_role("button", name=re.compile(r"^Pay \$50[0-9]\.")).first.click()
        confirm(page, "Pay")


def test_two_people_take_a_loan_from_request_to_completion_with_the_mouse(visit: Visit) -> None:
    borrower = visit().open("/app/#/register")
    lender = visit().open("/app/#/register")
    register(borrower, f"mouse_borrower_{id(borrower)}", "borrow")
    register(lender, f"mouse_lender_{id(lender)}", "lend")
    deposit(borrower, "2,000")
    deposit(lender, "10000")

    ask_for_a_loan(borrower)
    offer_on_it(lender)
    accept_the_offer(borrower)
    fund(lender)
    pay_both_instalments(borrower)

    expect(borrower.get_by_text("Everything is paid. Thank you.")).to_be_visible()
    lender.get_by_role("navigation").get_by_role("link", name="Wallet").click()
    expect(lender.locator(".figure").first).to_have_text("$10,008.76")  # interest 12.51 less the fee of 3.75


def press_until_focused(page: Page, role: Role, name: str, inside: str = "body") -> None:
    """Press Tab until the element has the focus: what cannot be reached fails."""
    wanted = page.locator(inside).get_by_role(role, name=re.compile(name)).first
    wanted.wait_for()
    for _ in range(80):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached the {role} {name}")


def test_an_instalment_is_paid_with_the_keyboard_alone(visit: Visit, url: str) -> None:
    person = a_borrower(url, has="2000.00")
    a_funded_loan(person, a_lender(url))
    page = visit().open("/app/#/sign-in")

    press_until_focused(page, "textbox", "User name")
    page.keyboard.type(person.username)
    page.keyboard.press("Tab")
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    press_until_focused(page, "button", r"^Pay \$172\.55")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    press_until_focused(page, "button", r"^Pay \$172\.55$", inside="dialog")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Paid $172.55. It counted once.").first).to_be_visible()
    assert person.available == "2827.45"


def test_a_loan_is_asked_for_with_the_keyboard_alone(visit: Visit, url: str) -> None:
    person = a_borrower(url)
    watched = visit()
    page = watched.sign_in(person)

    press_until_focused(page, "link", "^Request$")
    page.keyboard.press("Enter")
    press_until_focused(page, "textbox", "^Amount")
    page.keyboard.press("Control+A")
    page.keyboard.type("750")
    press_until_focused(page, "button", "Review request")
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    press_until_focused(page, "button", r"^Request \$750\.00$", inside="dialog")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("$750.00")
    assert [loan["amount"] for loan in person.call("GET", "/api/loans/my-loans/")["items"]] == ["750.00"]


def test_extra_money_shortens_the_loan_and_the_payoff_ends_it(visit: Visit, url: str) -> None:
    person = a_borrower(url, has="2000.00")
    loan = a_funded_loan(person, a_lender(url))
    watched = visit()
    page = watched.sign_in(person)
    watched.open(f"/app/#/loans/{loan}")

    page.get_by_role("textbox", name="Amount").fill("500")
    page.get_by_role("button", name="Review payment").click()
    confirm(page, "Pay")
    expect(page.get_by_text("Paid $500.00. It counted once.")).to_be_visible()
    payoff = page.locator("section", has_text="Pay everything off")
    payoff.get_by_role("button", name=re.compile("^Pay")).click()
    confirm(page, "Pay")

    expect(page.get_by_text("Everything is paid. Thank you.")).to_be_visible()
    assert person.call("GET", f"/api/loans/{loan}/")["status"] == "COMPLETED"


def test_what_is_missing_to_fund_can_be_deposited_from_there(visit: Visit, url: str) -> None:
    borrower, lender = a_borrower(url), a_lender(url, has="900.00")
    loan = borrower.call("POST", "/api/loans/", {"amount": "1000.00", "annual_interest_rate": "12.00"})["id"]
    offer = lender.call("POST", f"/api/loans/{loan}/offer/", {"annual_interest_rate": "12.00"})["id"]
    borrower.call("POST", f"/api/loans/{loan}/accept-offer/", {"offer_id": offer})
    watched = visit()
    watched.expect("409")
    page = watched.sign_in(lender)
    watched.open(f"/app/#/market/{loan}")

    page.get_by_role("button", name=re.compile("^Fund")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Fund")).click()
    page.get_by_role("dialog").get_by_role("link", name="Deposit the missing $103.75").click()
    page.get_by_role("button", name="Review deposit").click()
    confirm(page, "Deposit")

    expect(page.locator(".figure").first).to_have_text("$1,003.75")
