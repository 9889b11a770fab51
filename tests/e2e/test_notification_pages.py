"""Notifications in the pages: the bell, the inbox, the preferences, and unsubscribing from emails."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.users import User, create_borrower

INBOX = re.compile(r"/api/notifications/(\?.*)?$")
PREFERENCES = "**/api/notifications/preferences/"
PROBLEM: dict[str, Any] = {
    "status": 503,
    "content_type": "application/problem+json",
    "body": '{"status": 503, "code": "unavailable", "detail": "Try again later."}',
}


def bell(page: Page) -> Any:
    return page.get_by_role("banner").get_by_role("link", name=re.compile("^Notifications"))


def serve_inbox(page: Page, *counts: int) -> list[str]:
    """Respond to requests for notifications with these numbers of unread ones, the last one repeatedly."""
    requests: list[str] = []

    def respond(route: Route) -> None:
        count = counts[min(len(requests), len(counts) - 1)]
        requests.append(route.request.url)
        route.fulfill(json={"items": [], "next_cursor": None, "unread_count": count})

    page.route(INBOX, respond)
    return requests


def test_bell_is_refreshed_by_navigation_and_every_minute(open_page: OpenPage, url: str) -> None:
    page = open_page().open("/app/")
    page.clock.install()
    requests = serve_inbox(page, 0, 1, 120)
    user = create_borrower(url)
    page.get_by_label("Username or email").fill(user.username)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    expect(bell(page)).to_have_accessible_name("Notifications")

    page.get_by_role("navigation").get_by_role("link", name="Wallet").click()
    expect(bell(page)).to_have_accessible_name("Notifications, 1 unread")
    page.clock.fast_forward(61_000)

    expect(bell(page)).to_have_accessible_name("Notifications, 120 unread")
    expect(bell(page)).to_contain_text("99+")
    assert len(requests) == 3


def test_bell_does_not_ask_for_the_password(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    monitored.expect_errors("401")
    page = monitored.sign_in(create_borrower(url))
    page.route(INBOX, lambda route: route.fulfill(status=401, body="{}"))
    page.route("**/api/users/token/refresh/", lambda route: route.fulfill(status=401, body="{}"))

    with page.expect_response(INBOX):
        page.get_by_role("navigation").get_by_role("link", name="Request").click()

    expect(page.get_by_role("heading", name="Request a loan")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_new_account_has_an_empty_inbox(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    page = monitored.sign_in(create_borrower(url))
    serve_inbox(page, 0)
    monitored.open("/app/#/notifications")

    expect(page.get_by_text("No notifications yet.")).to_be_visible()


def open_preferences(open_page: OpenPage, user: User) -> Page:
    monitored = open_page()
    monitored.expect_errors("503")
    page = monitored.sign_in(user)
    monitored.open("/app/#/notifications/preferences")
    return page


def preference(user: User, type_name: str) -> Any:
    items = user.call("GET", "/api/notifications/preferences/")["items"]
    return next(item for item in items if item["type"] == type_name)


def test_preferences_are_saved_when_they_change(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    page = open_preferences(open_page, user)
    title = preference(user, "loan.funded")["title"]

    page.get_by_role("checkbox", name=f"{title}: Email").uncheck()
    expect(page.locator("#announcements")).to_have_text(f"{title}: saved.")

    assert preference(user, "loan.funded")["email"] is False
    assert preference(user, "loan.funded")["in_app"] is True
    page.reload()
    expect(page.get_by_role("checkbox", name=f"{title}: Email")).not_to_be_checked()


def test_refused_change_restores_the_preference(open_page: OpenPage, url: str) -> None:
    user = create_borrower(url)
    page = open_preferences(open_page, user)
    title = preference(user, "loan.funded")["title"]
    box = page.get_by_role("checkbox", name=f"{title}: Email")
    expect(box).to_be_checked()
    page.route(PREFERENCES, lambda route: route.fulfill(**PROBLEM))

    box.click()

    expect(page.get_by_role("alert")).to_contain_text(f"“{title}” was not changed.")
    expect(box).to_be_checked()


def test_security_notifications_cannot_be_switched_off(open_page: OpenPage, url: str) -> None:
    page = open_preferences(open_page, create_borrower(url))

    row = page.get_by_role("row", name=re.compile("New sign-in"))

    expect(row.get_by_text("Always on")).to_have_count(2)
    expect(row.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_text("We always tell you about sign-ins")).to_be_visible()


@pytest.mark.parametrize("query", ["", "?token=forged"])
def test_invalid_unsubscribe_links_are_explained(open_page: OpenPage, query: str) -> None:
    monitored = open_page()
    monitored.expect_errors("400", "403", "404", "422")
    page = monitored.open(f"/app/#/unsubscribe{query}")
    if query:
        page.get_by_role("button", name="Unsubscribe").click()

    expect(page.get_by_role("heading", name="This link doesn’t work")).to_be_visible()
