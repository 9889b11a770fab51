"""Forms say what is wrong where it is wrong; lists remember where one was."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.people import Person, a_borrower, a_lender, a_request, register


@pytest.mark.parametrize(
    ("typed", "shown", "error"),
    [
        ("1250", "1,250.00", None),
        ("1,250.5", "1,250.50", None),
        ("0.105", "0.105", "Use at most two decimals."),
        ("12a", "12a", "Write an amount such as 1,250.50."),
        ("1,25", "1,25", "Write an amount such as 1,250.50."),
        ("-5", "-5", "The amount must be more than zero."),
        ("0", "0.00", "The amount must be more than zero."),
    ],
)
def test_a_money_field_takes_what_people_write_and_never_rounds(
    visit: Visit, typed: str, shown: str, error: str | None
) -> None:
    page = visit().open("/")
    field = page.get_by_label("Amount")

    field.fill(typed)
    field.blur()

    expect(field).to_have_value(shown)
    if error:
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(error)
    else:
        expect(field).not_to_have_attribute("aria-invalid", "true")


def test_a_field_that_the_platform_refuses_gets_the_message_and_the_focus(visit: Visit) -> None:
    watched = visit()
    watched.expect("422")
    page = watched.open("/app/#/register")
    page.get_by_label("User name").fill("a b")
    page.get_by_label("E-mail").fill("someone@example.com")
    page.get_by_label("Password").fill("correct horse battery")

    page.get_by_role("button", name="Continue").click()

    field = page.get_by_label("User name")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile(r"\w+"))


def test_a_name_that_is_taken_is_told_at_the_top(visit: Visit, url: str) -> None:
    taken = register(url, "LENDER")
    watched = visit()
    watched.expect("409")
    page = watched.open("/app/#/register")
    page.get_by_label("User name").fill(taken.username)
    page.get_by_label("E-mail").fill("other@example.com")
    page.get_by_label("Password").fill("correct horse battery")

    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("User name")).to_have_value(taken.username)


def test_while_a_preview_is_stale_the_request_cannot_be_reviewed(visit: Visit, url: str) -> None:
    watched = visit()
    page = watched.sign_in(a_borrower(url))
    watched.open("/app/#/request")
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)

    page.get_by_label("Months").fill("0")

    expect(page.locator("main [aria-busy=true]").first).to_be_visible()
    page.get_by_role("button", name="Review request").click()
    expect(page.get_by_label("Months")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.fixture
def market(url: str) -> Person:
    """A lender, and more open loans than one page holds."""
    borrower = a_borrower(url)
    for number in range(25):
        a_request(borrower, amount=f"{700 + number}.00", rate="31.00", months=9)
    return a_lender(url)


def test_back_restores_filters_rows_and_scroll(visit: Visit, market: Person) -> None:
    watched = visit()
    page = watched.sign_in(market)
    watched.open("/app/#/market")
    page.get_by_label("Rate from, %").fill("31")
    expect(page).to_have_url(re.compile("min_rate=31.00"))
    page.get_by_role("button", name="Load more").click()
    expect(page.locator("tbody tr")).to_have_count(25)
    page.locator("tbody tr").nth(23).get_by_role("link").scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # the place is noted when scrolling pauses
    top = page.evaluate("scrollY")
    page.locator("tbody tr").nth(23).get_by_role("link").click()
    page.get_by_role("heading", level=1, name=re.compile("Workshop tools")).wait_for()

    page.go_back()

    expect(page.get_by_label("Rate from, %")).to_have_value("31.00")
    expect(page.locator("tbody tr")).to_have_count(25)
    page.wait_for_function("(top) => Math.abs(scrollY - top) < 3", arg=top)


def test_load_more_moves_the_focus_to_the_first_new_row(visit: Visit, market: Person) -> None:
    watched = visit()
    page = watched.sign_in(market)
    watched.open("/app/#/market?min_rate=31.00")
    expect(page.locator("tbody tr")).to_have_count(20)

    page.get_by_role("button", name="Load more").click()

    expect(page.locator("tbody tr").nth(20)).to_be_focused()


def test_filters_that_fit_nothing_can_be_cleared(visit: Visit, url: str) -> None:
    watched = visit()
    page = watched.sign_in(a_lender(url))
    watched.open("/app/#/market?min_amount=999999.00")

    page.get_by_role("button", name="Clear filters").last.click()

    expect(page).to_have_url(re.compile(r"#/market$"))


def test_the_statement_comes_as_a_file(visit: Visit, url: str) -> None:
    watched = visit()
    page = watched.sign_in(a_lender(url, has="77.00"))
    watched.open("/app/#/wallet")

    with page.expect_download() as coming:
        page.get_by_role("button", name="Download CSV").click()

    text = coming.value.path().read_text("utf-8")
    assert coming.value.suggested_filename.endswith(".csv")
    assert "77.00" in text


def test_a_page_change_sets_the_title_and_focuses_the_heading(visit: Visit, url: str) -> None:
    page = visit().sign_in(a_borrower(url))

    page.get_by_role("navigation").get_by_role("link", name="Wallet").click()

    expect(page.get_by_role("heading", name="Wallet", level=1)).to_be_focused()
    expect(page).to_have_title("Wallet · Console")


def test_an_address_that_is_no_page_says_so(visit: Visit, url: str) -> None:
    watched = visit()
    page = watched.sign_in(a_borrower(url))
    watched.open("/app/#/nowhere")

    expect(page.get_by_text("Not here, or not yours.")).to_be_visible()


def test_what_people_write_is_shown_as_text_and_never_as_markup(visit: Visit, url: str) -> None:
    borrower = a_borrower(url)
    purpose = "<img src=x onerror=alert(1)><b>bold</b>"
    terms = {"amount": "640.00", "annual_interest_rate": "33.00", "purpose": purpose}
    borrower.call("POST", "/api/loans/", terms)
    watched = visit()
    page = watched.sign_in(a_lender(url))
    watched.open("/app/#/market?min_rate=33.00")

    expect(page.get_by_role("cell", name=purpose).first).to_be_visible()
    assert page.locator("td img, td b").count() == 0
