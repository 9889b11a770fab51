"""Notifications in the pages: the bell, the inbox, the preferences, and unsubscribing from emails."""

import json
import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.users import User, create_borrower, create_lender
from tests.factories import funded_loan, open_loan

DERIVED_SECONDS = 60.0
PAGE_SIZE = 20
UNREAD = 4
INBOX = re.compile(r"/api/notifications/(\?.*)?$")
PREFERENCES = "**/api/notifications/preferences/"
PROBLEM: dict[str, Any] = {
    "status": 503,
    "content_type": "application/problem+json",
    "body": '{"status": 503, "code": "unavailable", "detail": "Try again later."}',
}


def unread_count(user: User) -> int:
    return int(user.call("GET", "/api/notifications/?limit=1")["unread_count"])


def wait_for_unread(user: User, least: int) -> None:
    """Wait until a user has this number of unread notifications: they are derived from the streams.

    There can be more, because rules of other tests make offers.
    """
    deadline = time.monotonic() + DERIVED_SECONDS
    while unread_count(user) < least:
        assert time.monotonic() < deadline, "The notifications did not arrive."
        time.sleep(0.2)


@pytest.fixture
def borrower(url: str) -> User:
    """Borrower with `UNREAD` notifications: a published request, an offer, a subscribed and a funded loan."""
    user = create_borrower(url)
    funded_loan(user, create_lender(url))
    wait_for_unread(user, UNREAD)
    return user


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


def test_bell_shows_the_number_of_unread_notifications(open_page: OpenPage, borrower: User) -> None:
    page = open_page().sign_in(borrower)

    expect(bell(page)).to_have_accessible_name(f"Notifications, {UNREAD} unread")


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


def test_opening_a_notification_marks_it_as_read(open_page: OpenPage, borrower: User) -> None:
    page = open_page().sign_in(borrower)
    bell(page).click()

    page.get_by_role("main").get_by_role("link", name="Your loan is funded").click()

    expect(page).to_have_url(re.compile("#/loans/"))
    expect(bell(page)).to_have_accessible_name(f"Notifications, {UNREAD - 1} unread")
    assert unread_count(borrower) == UNREAD - 1


def test_all_notifications_are_marked_as_read(open_page: OpenPage, borrower: User) -> None:
    page = open_page().sign_in(borrower)
    bell(page).click()

    page.get_by_role("button", name="Mark all as read").click()

    expect(bell(page)).to_have_accessible_name("Notifications")
    expect(page.get_by_role("button", name=re.compile("^Mark"))).to_have_count(0)
    assert borrower.call("GET", "/api/notifications/?unread=true")["items"] == []


def test_unread_notifications_can_be_filtered(open_page: OpenPage, borrower: User) -> None:
    page = open_page().sign_in(borrower)
    bell(page).click()
    page.get_by_role("navigation", name="Notifications").get_by_role("link", name=re.compile("^Unread")).click()
    rows = page.locator(".inbox > li")
    expect(rows).to_have_count(UNREAD)

    page.get_by_role("button", name=re.compile("^Mark as read")).first.click()
    page.reload()

    expect(rows).to_have_count(UNREAD - 1)


def test_more_notifications_are_loaded_by_cursor(open_page: OpenPage, url: str) -> None:
    borrower = create_borrower(url)
    for _ in range(PAGE_SIZE + 2):  # each published request is a notification
        open_loan(borrower, "600.00", "31.00", 9)
    wait_for_unread(borrower, PAGE_SIZE + 2)
    page = open_page().sign_in(borrower)
    bell(page).click()
    expect(page.locator(".inbox > li")).to_have_count(PAGE_SIZE)

    page.get_by_role("button", name="Load more").click()

    expect(page.locator(".inbox > li").nth(PAGE_SIZE + 1)).to_be_visible()
    expect(page.locator(".inbox > li").nth(PAGE_SIZE)).to_be_focused()


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


def email_token(url: str, user: User, page: Page) -> str:
    """Return the token of the unsubscribe link in the newest email to a user."""
    deadline = time.monotonic() + DERIVED_SECONDS
    while time.monotonic() < deadline:
        response = page.request.get(f"{url}/dev/mail/", headers={"Accept": "application/json"})
        mails = [mail for mail in json.loads(response.text())["items"] if mail["to"] == f"{user.username}@example.com"]
        tokens = [found[1] for mail in mails if (found := re.search(r"unsubscribe\?token=([\w.~%=-]+)", mail["text"]))]
        if tokens:
            return tokens[0]
        time.sleep(0.2)
    raise AssertionError("No email with an unsubscribe link arrived.")


def email_choices(user: User) -> int:
    return sum(item["email"] for item in user.call("GET", "/api/notifications/preferences/")["items"])


def test_emails_can_be_stopped_without_signing_in(open_page: OpenPage, url: str, borrower: User) -> None:
    monitored = open_page()
    before = email_choices(borrower)
    token = email_token(url, borrower, monitored.page)
    page = monitored.open(f"/app/#/unsubscribe?token={token}")
    assert email_choices(borrower) == before

    page.get_by_role("button", name="Unsubscribe").click()

    expect(page.get_by_role("heading", name="You’re unsubscribed")).to_be_visible()
    assert email_choices(borrower) == before - 1


@pytest.mark.parametrize("query", ["", "?token=forged"])
def test_invalid_unsubscribe_links_are_explained(open_page: OpenPage, query: str) -> None:
    monitored = open_page()
    monitored.expect_errors("400", "403", "404", "422")
    page = monitored.open(f"/app/#/unsubscribe{query}")
    if query:
        page.get_by_role("button", name="Unsubscribe").click()

    expect(page.get_by_role("heading", name="This link doesn’t work")).to_be_visible()
