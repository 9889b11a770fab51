"""Pages of the lending rules: accepting several offers, release, payment previews, proposals, limits, accounts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.monitored_page import open_section
from tests.e2e.users import User, create_borrower, create_lender, sign_in_operator
from tests.factories import PASSWORD, funded_loan, make_offer, open_loan, pay, subscribed_loan


def confirm(page: Page, verb: str) -> None:
    """Press the button of the open dialog whose name begins with a verb, and wait for the page to update."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile(f"^{verb}")).click()
    expect(dialog).to_be_hidden()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def loan_of(user: User, loan_id: str) -> dict[str, object]:
    found: dict[str, object] = user.call("GET", f"/api/loans/{loan_id}/")
    return found


def test_several_offers_are_accepted_at_the_rate_shown(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url)
    loan = open_loan(borrower)["id"]
    make_offer(create_lender(url), loan, "9.00", "400.00")
    make_offer(create_lender(url), loan, "9.50", "600.00")
    make_offer(create_lender(url, "50.00"), loan, "11.00", "500.00")
    monitored = open_page()
    page = monitored.sign_in(borrower)
    monitored.open(f"/app/#/loans/{loan}/offers")

    expect(page.get_by_text("Money available")).to_have_count(2)
    expect(page.get_by_text("Money not available yet")).to_have_count(1)
    for number in (0, 1):
        page.get_by_role("checkbox").nth(number).check()
    expect(page.get_by_role("checkbox").nth(2)).to_be_disabled()
    page.get_by_role("button", name="Accept selected").click()
    expect(page.get_by_role("dialog")).to_contain_text("Rate for the whole loan9.50%")
    confirm(page, "Accept 2 offers")

    expect(page.get_by_text("The full amount is covered.")).to_be_visible()
    accepted = loan_of(borrower, loan)
    assert (accepted["status"], accepted["annual_interest_rate"]) == ("PENDING_FUNDING", "9.50")


def test_borrower_releases_accepted_offers(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url)
    loan = subscribed_loan(borrower, create_lender(url, "50.00"))["id"]
    monitored = open_page()
    page = monitored.sign_in(borrower)
    monitored.open(f"/app/#/loans/{loan}")

    page.get_by_role("button", name="Release accepted offers").click()
    expect(page.get_by_role("dialog")).to_contain_text("Offers released1")
    confirm(page, "Release accepted offers")

    expect(page.get_by_text("Your request is open for offers again.").first).to_be_visible()
    assert loan_of(borrower, loan)["status"] == "REQUESTED"


def test_missing_money_is_shown_before_funding(open_page: OpenPage, url: str) -> None:
    lender = create_lender(url, "900.00")
    loan = subscribed_loan(create_borrower(url), lender)["id"]
    monitored = open_page()
    page = monitored.sign_in(lender)

    monitored.open(f"/app/#/market/{loan}")

    expect(page.get_by_role("button", name="Fund $1,003.75")).to_be_visible()
    expect(page.get_by_text("Funding costs $1,003.75. You need $103.75 more in your wallet.")).to_be_visible()


def test_payment_of_another_amount_is_previewed(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url, "2000.00")
    loan = funded_loan(borrower, create_lender(url))["id"]
    monitored = open_page()
    page = monitored.sign_in(borrower)
    monitored.open(f"/app/#/loans/{loan}")

    page.get_by_role("textbox", name="Amount").fill("500")
    page.get_by_role("radio", name="Reduce the principal now").check()
    page.get_by_role("button", name="Review payment").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Principal$500.00")
    expect(dialog).to_contain_text("Remaining principal$500.00")
    assert loan_of(borrower, loan)["outstanding_principal"] == "1000.00"
    confirm(page, "Pay")

    expect(page.get_by_text("Payment of $500.00 received.").first).to_be_visible()
    assert loan_of(borrower, loan)["outstanding_principal"] == "500.00"


def test_amount_above_the_payoff_is_reduced_before_confirmation(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url, "2000.00")
    loan = funded_loan(borrower, create_lender(url))["id"]
    monitored = open_page()
    page = monitored.sign_in(borrower)
    monitored.open(f"/app/#/loans/{loan}")

    page.get_by_role("textbox", name="Amount").fill("1500")
    page.get_by_role("button", name="Review payment").click()

    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text("Pay $1,000.00?")
    confirm(page, "Pay")
    expect(page.get_by_text("You have paid off this loan.")).to_be_visible()
    assert borrower.available == "2000.00"


def test_paying_ahead_shows_what_a_payoff_saves(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url, "2000.00")
    funded_loan(borrower, create_lender(url))
    page = open_page().sign_in(borrower)

    page.get_by_role("button", name=re.compile(r"^Pay \$172\.55$")).first.click()

    expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"Paying off the loan now saves \$\d+\.\d\d"))


def test_borrower_accepts_a_dearer_schedule_that_an_operator_proposed(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url, "500.00")
    loan = funded_loan(borrower, create_lender(url))["id"]
    operator = open_page()
    panel = operator.sign_in(sign_in_operator(url), "/admin/")
    operator.open(f"/admin/#/loans/{loan}")
    panel.get_by_role("button", name="Reschedule").click()
    panel.get_by_label("Payment holiday (months)").fill("2")
    panel.get_by_label("Ground").select_option("distressed")
    panel.get_by_role("textbox", name="Reason").fill("You requested a break after you lost your job.")
    panel.get_by_role("button", name="Preview new schedule").click()
    panel.get_by_role("button", name="Propose new schedule").click()
    confirm(panel, "Propose new schedule")
    expect(panel.get_by_role("heading", name="Open proposal")).to_be_visible()
    before = borrower.call("GET", f"/api/loans/{loan}/schedule/")["items"][0]["due_date"]

    page = open_page().sign_in(borrower)
    page.goto(f"{url}/app/#/loans/{loan}")
    expect(page.get_by_text("You requested a break after you lost your job.")).to_be_visible()
    page.get_by_text("Compare both schedules").click()
    expect(page.get_by_role("region", name="Proposed schedule").locator("tbody tr").last).to_be_visible()
    page.get_by_role("button", name="Accept new terms").click()
    confirm(page, "Accept new terms")

    expect(page.get_by_text("New terms accepted.").first).to_be_visible()
    assert borrower.call("GET", f"/api/loans/{loan}/schedule/")["items"][0]["due_date"] > before


def test_operator_signs_a_user_out(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url, "50.00")
    page = open_page().sign_in(sign_in_operator(url), "/admin/")
    open_section(page, "Users")
    page.get_by_label("Name or email").fill(user.username)
    page.get_by_role("link", name=user.username).click()

    page.locator("main").get_by_role("button", name="Sign out").click()
    page.get_by_label("Reason").fill("Lost phone")
    page.get_by_role("dialog").get_by_role("button", name=f"Sign out {user.username}").click()

    expect(page.get_by_text(f"{user.username} is signed out everywhere.")).to_be_visible()
    with pytest.raises(AssertionError, match="401"):
        user.call("POST", "/api/wallets/withdraw/", {"amount": "1.00"})


def test_email_changes_only_with_the_password(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    monitored = open_page()
    page = monitored.sign_in(user)
    monitored.open("/app/#/profile")
    personal = page.locator("section", has_text="Personal details")

    personal.get_by_label("Email").fill(f"new_{user.username}@example.com")
    personal.get_by_role("button", name="Save").click()
    expect(personal.get_by_text("Enter your password.")).to_be_visible()
    personal.get_by_label("Current password").fill(PASSWORD)
    personal.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Changes saved.")).to_be_visible()
    assert user.call("GET", "/api/users/profile/")["email"] == f"new_{user.username}@example.com"


def test_request_outside_the_limits_is_rejected_at_the_field(open_page: OpenPage, url: str) -> None:
    page = open_page().sign_in(create_borrower(url))
    open_section(page, "Request")

    expect(page.get_by_text("From $100.00 to $1,000,000.00.")).to_be_visible()
    page.get_by_label("Amount").fill("99.99")
    page.get_by_role("button", name="Review request").click()

    expect(page.get_by_text("Enter $100.00 or more.")).to_be_visible()


def test_wallet_shows_the_split_of_a_loan_payment(open_page: OpenPage, url: str) -> None:
    borrower, lender = create_borrower(url, "500.00"), create_lender(url)
    pay(borrower, funded_loan(borrower, lender)["id"])
    monitored = open_page()
    page = monitored.sign_in(lender)

    monitored.open("/app/#/wallet?type=LOAN_PAYMENT")

    expect(page.get_by_text("$162.55 principal, $10.00 interest")).to_be_visible()
