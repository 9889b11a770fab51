"""Forms show errors next to their fields; lists keep filters, rows and scroll position."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.users import User, create_borrower, create_lender, register
from tests.factories import PASSWORD, open_loan

PAGE_SIZE = 20


@pytest.mark.parametrize(
    ("typed", "text", "error"),
    [
        ("1250", "1,250.00", None),
        ("1,250.5", "1,250.50", None),
        ("0.105", "0.105", "Use up to two decimal places."),
        ("12a", "12a", "Enter an amount such as 1,250.50."),
        ("1,25", "1,25", "Enter an amount such as 1,250.50."),
        ("-5", "-5", "The amount must be more than zero."),
        ("0", "0.00", "The amount must be more than zero."),
    ],
)
def test_money_field_formats_amounts_and_never_rounds(
    open_page: OpenPage, typed: str, text: str, error: str | None
) -> None:
    page = open_page().open("/")
    field = page.get_by_label("Amount")

    field.fill(typed)
    field.blur()

    expect(field).to_have_value(text)
    if error:
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(error)
    else:
        expect(field).not_to_have_attribute("aria-invalid", "true")


def test_server_error_of_field_is_shown_and_focused(open_page: OpenPage) -> None:
    monitored = open_page()
    monitored.expect_errors("422")
    page = monitored.open("/app/#/register")
    page.get_by_label("Username").fill("a b")
    page.get_by_label("Email").fill("someone@example.com")
    page.get_by_label("Password").fill(PASSWORD)

    page.get_by_role("button", name="Continue").click()

    field = page.get_by_label("Username")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile(r"\w+"))


def test_taken_username_is_reported_above_the_form(open_page: OpenPage, url: str) -> None:
    existing = register(url, "LENDER")
    monitored = open_page()
    monitored.expect_errors("409")
    page = monitored.open("/app/#/register")
    page.get_by_label("Username").fill(existing.username)
    page.get_by_label("Email").fill("other@example.com")
    page.get_by_label("Password").fill(PASSWORD)

    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Username")).to_have_value(existing.username)


def test_request_cannot_be_reviewed_with_a_stale_quote(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    page = monitored.sign_in(create_borrower(url))
    monitored.open("/app/#/request")
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)

    page.get_by_label("Term (months)").fill("0")

    expect(page.locator("main [aria-busy=true]").first).to_be_visible()
    page.get_by_role("button", name="Review request").click()
    expect(page.get_by_label("Term (months)")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.fixture
def lender_in_full_market(url: str) -> User:
    """Lender in a market with more open loans than fit on one page."""
    borrower = create_borrower(url)
    for number in range(PAGE_SIZE + 5):
        open_loan(borrower, f"{700 + number}.00", "31.00", 9, purpose="Workshop tools")
    return create_lender(url)


def test_back_restores_filters_rows_and_scroll(open_page: OpenPage, lender_in_full_market: User) -> None:
    monitored = open_page()
    page = monitored.sign_in(lender_in_full_market)
    monitored.open("/app/#/market")
    page.get_by_label("Minimum rate (%)").fill("31")
    expect(page).to_have_url(re.compile("min_rate=31.00"))
    page.get_by_role("button", name="Load more").click()
    expect(page.locator("tbody tr")).to_have_count(25)
    page.locator("tbody tr").nth(23).get_by_role("link").scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # the position is saved when scrolling pauses
    top = page.evaluate("scrollY")
    page.locator("tbody tr").nth(23).get_by_role("link").click()
    page.get_by_role("heading", level=1, name=re.compile("Workshop tools")).wait_for()

    page.go_back()

    expect(page.get_by_label("Minimum rate (%)")).to_have_value("31.00")
    expect(page.locator("tbody tr")).to_have_count(25)
    page.wait_for_function("(top) => Math.abs(scrollY - top) < 3", arg=top)


def test_load_more_focuses_the_first_new_row(open_page: OpenPage, lender_in_full_market: User) -> None:
    monitored = open_page()
    page = monitored.sign_in(lender_in_full_market)
    monitored.open("/app/#/market?min_rate=31.00")
    expect(page.locator("tbody tr")).to_have_count(PAGE_SIZE)

    page.get_by_role("button", name="Load more").click()

    expect(page.locator("tbody tr").nth(PAGE_SIZE)).to_be_focused()


def test_filters_without_matches_can_be_cleared(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    page = monitored.sign_in(create_lender(url))
    monitored.open("/app/#/market?min_amount=999999.00")

    page.get_by_role("button", name="Clear filters").last.click()

    expect(page).to_have_url(re.compile(r"#/market$"))


def test_statement_is_downloaded_as_csv(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    page = monitored.sign_in(create_lender(url, "77.00"))
    monitored.open("/app/#/wallet")

    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()

    text = download.value.path().read_text("utf-8")
    assert download.value.suggested_filename.endswith(".csv")
    assert "77.00" in text


def test_navigation_sets_the_title_and_focuses_the_heading(open_page: OpenPage, url: str) -> None:
    page = open_page().sign_in(create_borrower(url))

    page.get_by_role("navigation").get_by_role("link", name="Wallet").click()

    expect(page.get_by_role("heading", name="Wallet", level=1)).to_be_focused()
    expect(page).to_have_title("Wallet · Console")


def test_unknown_address_shows_not_found(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    page = monitored.sign_in(create_borrower(url))
    monitored.open("/app/#/nowhere")

    expect(page.get_by_text("We can’t find this, or you don’t have access to it.")).to_be_visible()


def test_user_input_is_shown_as_text_not_markup(open_page: OpenPage, url: str) -> None:
    purpose = "<img src=x onerror=alert(1)><b>bold</b>"
    terms = {"amount": "640.00", "annual_interest_rate": "33.00", "purpose": purpose}
    create_borrower(url).call("POST", "/api/loans/", terms)
    monitored = open_page()
    page = monitored.sign_in(create_lender(url))
    monitored.open("/app/#/market?min_rate=33.00")

    expect(page.get_by_role("cell", name=purpose).first).to_be_visible()
    assert page.locator("td img, td b").count() == 0
