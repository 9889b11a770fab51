"""Sessions: tokens end, tabs multiply, and nobody loses what they typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Visit
from tests.e2e.people import a_borrower

EXPIRED: dict[str, Any] = {
    "status": 401,
    "content_type": "application/problem+json",
    "body": '{"status": 401, "code": "not_authenticated", "detail": "The token has ended."}',
}


def refuse_first(page: Page, pattern: str, times: int = 1) -> None:
    """Answer the next calls as the platform does when an access token has ended."""
    left: Iterator[int] = iter(range(times))

    def answer(route: Route) -> None:
        if next(left, None) is None:
            route.fallback()
        else:
            route.fulfill(**EXPIRED)

    page.route(pattern, answer)


def test_a_token_that_has_ended_is_renewed_without_losing_the_form(visit: Visit, url: str) -> None:
    watched = visit()
    watched.expect("401")
    page = watched.sign_in(a_borrower(url))
    watched.open("/app/#/profile")
    page.get_by_label("Address").fill("1 Mill Lane")
    refuse_first(page, "**/api/users/profile/")

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Address")).to_have_value("1 Mill Lane")


def test_when_the_session_has_ended_the_password_is_asked_over_the_form(visit: Visit, url: str) -> None:
    person = a_borrower(url)
    watched = visit()
    watched.expect("401")
    page = watched.sign_in(person)
    watched.open("/app/#/profile")
    page.get_by_label("Address").fill("1 Mill Lane")
    refuse_first(page, "**/api/users/profile/")
    refuse_first(page, "**/api/users/token/refresh/")

    page.get_by_role("button", name="Save").click()
    page.get_by_role("dialog").get_by_label("Password").fill(person.password)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("Saved.")).to_be_visible()
    assert person.call("GET", "/api/users/profile/")["profile"]["address"] == "1 Mill Lane"


def test_two_tabs_whose_token_has_ended_both_stay_signed_in(visit: Visit, url: str) -> None:
    first = visit()
    page = first.sign_in(a_borrower(url))
    second = visit(beside=first)
    other = second.open("/app/#/wallet")
    expect(other.get_by_role("heading", name="Wallet")).to_be_visible()

    for _ in range(3):  # each load renews the token; together they must not use one refresh token twice
        page.reload(wait_until="commit")
        other.reload(wait_until="commit")

    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
    expect(other.get_by_text("Available", exact=True)).to_be_visible()
    expect(page.get_by_text("You owe nothing.")).to_be_visible()


def test_signing_out_in_one_tab_signs_out_the_others(visit: Visit, url: str) -> None:
    first = visit()
    page = first.sign_in(a_borrower(url))
    other = visit(beside=first).open("/app/#/wallet")
    expect(other.get_by_role("heading", name="Wallet")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()

    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_told_at_the_form(visit: Visit, url: str) -> None:
    watched = visit()
    watched.expect("401")
    page = watched.open("/app/")
    page.get_by_label("User name or e-mail").fill(a_borrower(url).username)
    page.get_by_label("Password").fill("not the password")

    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_value("not the password")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_outlives_a_reload(visit: Visit, url: str, theme: str) -> None:
    watched = visit(theme="dark" if theme == "light" else "light")
    page = watched.sign_in(a_borrower(url))
    watched.open("/app/#/profile")

    page.get_by_role("radio", name=theme.capitalize()).check()
    page.reload()
    page.get_by_role("heading", name="Profile").wait_for()

    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
