"""Sessions: renewal of tokens, several tabs, and forms that survive an expired session."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.users import create_borrower

EXPIRED: dict[str, Any] = {
    "status": 401,
    "content_type": "application/problem+json",
    "body": '{"status": 401, "code": "not_authenticated", "detail": "The token has expired."}',
}


def reject_first_requests(page: Page, pattern: str, count: int = 1) -> None:
    """Answer the next requests as the API does when the access token has expired."""
    remaining: Iterator[int] = iter(range(count))

    def respond(route: Route) -> None:
        if next(remaining, None) is None:
            route.fallback()
        else:
            route.fulfill(**EXPIRED)

    page.route(pattern, respond)


def test_expired_token_is_renewed_and_the_form_kept(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    monitored.expect_errors("401")
    page = monitored.sign_in(create_borrower(url))
    monitored.open("/app/#/profile")
    page.get_by_label("Address").fill("1 Mill Lane")
    reject_first_requests(page, "**/api/users/profile/")

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Changes saved.")).to_be_visible()
    expect(page.get_by_label("Address")).to_have_value("1 Mill Lane")


def test_expired_session_prompts_for_password_over_the_form(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    monitored = open_page()
    monitored.expect_errors("401")
    page = monitored.sign_in(user)
    monitored.open("/app/#/profile")
    page.get_by_label("Address").fill("1 Mill Lane")
    reject_first_requests(page, "**/api/users/profile/")
    reject_first_requests(page, "**/api/users/token/refresh/")

    page.get_by_role("button", name="Save").click()
    page.get_by_role("dialog").get_by_label("Password").fill(user.password)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("Changes saved.")).to_be_visible()
    assert user.call("GET", "/api/users/profile/")["profile"]["address"] == "1 Mill Lane"


def test_two_tabs_renew_tokens_and_stay_signed_in(open_page: OpenPage, url: str) -> None:
    first = open_page()
    page = first.sign_in(create_borrower(url))
    other = open_page(same_profile=first).open("/app/#/wallet")
    expect(other.get_by_role("heading", name="Wallet")).to_be_visible()

    for _ in range(3):  # each load renews the token; both tabs must not use the same refresh token
        page.reload(wait_until="commit")
        other.reload(wait_until="commit")

    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
    expect(other.get_by_text("Available", exact=True)).to_be_visible()
    expect(page.get_by_text("No payments due.")).to_be_visible()


def test_signing_out_ends_the_session_in_all_tabs(open_page: OpenPage, url: str) -> None:
    first = open_page()
    page = first.sign_in(create_borrower(url))
    other = open_page(same_profile=first).open("/app/#/wallet")
    expect(other.get_by_role("heading", name="Wallet")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()

    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


STORED = """async () => {
  const dump = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), ...(await caches.keys())];
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve) => {
      indexedDB.open(name).onsuccess = (event) => resolve(event.target.result);
    });
    for (const store of database.objectStoreNames) {
      for (const read of ["getAll", "getAllKeys"]) {
        const request = database.transaction(store).objectStore(store)[read]();
        await new Promise((resolve) => (request.onsuccess = resolve));
        dump.push(JSON.stringify(request.result));
      }
    }
    database.close();
  }
  return dump.join();
}"""


def test_signing_out_deletes_the_data_stored_in_the_browser(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    first = open_page()
    page = first.sign_in(user)
    first.open("/app/#/wallet")
    other = open_page(same_profile=first).open("/app/#/profile")
    expect(other.get_by_label("Address")).to_be_visible()
    page.get_by_role("button", name="Deposit").click()
    page.get_by_label("Amount").fill("25")
    page.get_by_role("button", name="Review deposit").click()
    page.get_by_role("dialog").get_by_role("button", name="Deposit").click()
    expect(page.get_by_text("25.00").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert user.id in page.evaluate(STORED)

    page.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    stored = page.evaluate(STORED)
    assert [text for text in (user.id, user.username, "refreshToken", "lending-intent") if text in stored] == []


def test_wrong_password_shows_error_and_keeps_form(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    monitored.expect_errors("401")
    page = monitored.open("/app/")
    page.get_by_label("Username or email").fill(create_borrower(url).username)
    page.get_by_label("Password").fill("not the password")

    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_value("not the password")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chosen_theme_persists_after_a_reload(open_page: OpenPage, url: str, theme: str) -> None:
    monitored = open_page(theme="dark" if theme == "light" else "light")
    page = monitored.sign_in(create_borrower(url))
    monitored.open("/app/#/profile")

    page.get_by_role("radio", name=theme.capitalize()).check()
    page.reload()
    page.get_by_role("heading", name="Profile").wait_for()

    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
