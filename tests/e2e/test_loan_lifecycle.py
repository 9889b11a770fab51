"""A loan from the request to the payoff, with a borrower and a lender in separate browsers."""

import re
from typing import Literal

from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.monitored_page import open_section
from tests.e2e.users import create_borrower, create_lender
from tests.factories import PASSWORD, funded_loan, subscribed_loan

Role = Literal["button", "link", "textbox"]


def confirm(page: Page, verb: str) -> None:
    """Press the button of the open dialog whose name begins with a verb, and wait for the page to update."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile(f"^{verb}")).click()
    expect(dialog).to_be_hidden()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def register(page: Page, username: str, role: str) -> None:
    """Open an account with the form."""
    page.get_by_role("radio", name=re.compile(role)).check()
    page.get_by_label("Username").fill(username)
    page.get_by_label("Email").fill(f"{username}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("navigation", name="Main").wait_for()


def deposit(page: Page, amount: str) -> None:
    """Deposit an amount in the wallet."""
    open_section(page, "Wallet")
    page.get_by_role("button", name="Deposit").click()
    page.get_by_label("Amount").fill(amount)
    page.get_by_role("button", name="Review deposit").click()
    confirm(page, "Deposit")


def request_two_month_loan(page: Page) -> None:
    """Request 1,000.00 for two months."""
    open_section(page, "Request")
    page.get_by_label("Term (months)").fill("2")
    page.get_by_label("Purpose (optional)").fill("Garden shed")
    page.get_by_role("button", name="Review request").click()
    confirm(page, "Request")
    expect(page.get_by_role("heading", level=1)).to_contain_text("$1,000.00 · Garden shed")


def offer_full_amount(page: Page) -> None:
    """Offer the full amount at 10%."""
    open_section(page, "Market")
    page.get_by_role("row", name=re.compile("Garden shed")).get_by_role("link").click()
    page.get_by_label("Your rate").fill("10")
    page.get_by_role("button", name="Review offer").click()
    confirm(page, "Offer")
    expect(page.get_by_text("Waiting for borrower")).to_be_visible()


def accept_offer(page: Page) -> None:
    """Accept the only offer."""
    page.reload()
    page.get_by_role("link", name="Review 1 offer").click()
    page.get_by_role("button", name="Accept 10.00%").click()
    confirm(page, "Accept")
    expect(page.get_by_text("The full amount is covered.")).to_be_visible()


def fund(page: Page) -> None:
    """Fund the loan, including the fee."""
    page.reload()
    page.get_by_role("button", name=re.compile("^Fund")).click()
    confirm(page, "Fund")
    expect(page.get_by_text("You have funded this loan.").first).to_be_visible()


def pay_both_instalments(page: Page) -> None:
    """Pay the first instalment; on the same day, the second one pays off the loan without further interest."""
    page.get_by_role("link", name="Back to loan").click()
    for _ in range(2):
        page.get_by_role("button", name=re.compile(r"^Pay \$50[0-9]\.")).first.click()
        confirm(page, "Pay")


def test_loan_is_requested_funded_and_paid_off(open_page: OpenPage) -> None:
    borrower = open_page().open("/app/#/register")
    lender = open_page().open("/app/#/register")
    register(borrower, f"mouse_borrower_{id(borrower)}", "borrow")
    register(lender, f"mouse_lender_{id(lender)}", "lend")
    deposit(borrower, "2,000")
    deposit(lender, "10000")

    request_two_month_loan(borrower)
    offer_full_amount(lender)
    accept_offer(borrower)
    fund(lender)
    pay_both_instalments(borrower)

    expect(borrower.get_by_text("You have paid off this loan.")).to_be_visible()
    open_section(lender, "Wallet")
    expect(lender.locator(".figure").first).to_have_text("$10,004.58")  # a month's interest, 8.33, less the fee of 3.75


def press_tab_until_focused(page: Page, role: Role, name: str, inside: str = "body") -> None:
    """Press Tab until an element has the focus.

    Raises:
        AssertionError: The element cannot be reached.
    """
    wanted = page.locator(inside).get_by_role(role, name=re.compile(name)).first
    wanted.wait_for()
    for _ in range(80):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached the {role} {name}")


def test_keyboard_alone_pays_an_instalment(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url, "2000.00")
    funded_loan(borrower, create_lender(url))
    page = open_page().open("/app/#/sign-in")

    press_tab_until_focused(page, "textbox", "Username")
    page.keyboard.type(borrower.username)
    page.keyboard.press("Tab")
    page.keyboard.type(borrower.password)
    page.keyboard.press("Enter")
    press_tab_until_focused(page, "button", r"^Pay \$172\.55")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    press_tab_until_focused(page, "button", r"^Pay \$172\.55$", inside="dialog")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Payment of $172.55 received.").first).to_be_visible()
    assert borrower.available == "2827.45"


def test_keyboard_alone_requests_a_loan(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url)
    page = open_page().sign_in(borrower)

    press_tab_until_focused(page, "link", "^Request$")
    page.keyboard.press("Enter")
    press_tab_until_focused(page, "textbox", "^Amount")
    page.keyboard.press("Control+A")
    page.keyboard.type("750")
    press_tab_until_focused(page, "button", "Review request")
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    press_tab_until_focused(page, "button", r"^Request \$750\.00$", inside="dialog")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("$750.00")
    assert [loan["amount"] for loan in borrower.call("GET", "/api/loans/my-loans/")["items"]] == ["750.00"]


def test_extra_payment_and_payoff_complete_the_loan(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url, "2000.00")
    loan = funded_loan(borrower, create_lender(url))["id"]
    monitored = open_page()
    page = monitored.sign_in(borrower)
    monitored.open(f"/app/#/loans/{loan}")

    page.get_by_role("textbox", name="Amount").fill("500")
    page.get_by_role("button", name="Review payment").click()
    confirm(page, "Pay")
    expect(page.get_by_text("Payment of $500.00 received.").first).to_be_visible()
    payoff = page.locator("section", has_text="Pay off this loan")
    payoff.get_by_role("button", name=re.compile("^Pay")).click()
    confirm(page, "Pay")

    expect(page.get_by_text("You have paid off this loan.")).to_be_visible()
    assert borrower.call("GET", f"/api/loans/{loan}/")["status"] == "COMPLETED"


def test_rejected_funding_links_to_the_missing_deposit(open_page: OpenPage, url: str) -> None:
    borrower, lender = create_borrower(url), create_lender(url, "900.00")
    loan = subscribed_loan(borrower, lender)["id"]
    monitored = open_page()
    monitored.expect_errors("409")
    page = monitored.sign_in(lender)
    monitored.open(f"/app/#/market/{loan}")

    page.get_by_role("button", name=re.compile("^Fund")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Fund")).click()
    page.get_by_role("dialog").get_by_role("link", name="Deposit $103.75").click()
    page.get_by_role("button", name="Review deposit").click()
    confirm(page, "Deposit")

    expect(page.locator(".figure").first).to_have_text("$1,003.75")
