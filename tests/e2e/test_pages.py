"""Each page, wide and narrow, light and dark: accessible, without errors, not wider than the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.tour import Town, a_town
from tests.e2e.watching import NARROW, WIDE, accessibility_findings

LOOKS = pytest.mark.parametrize(
    ("size", "theme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")],
    ids=["wide-light", "wide-dark", "narrow-light", "narrow-dark"],
)  # fmt: skip


@pytest.fixture(scope="module")
def town(url: str) -> Town:
    """People and loans."""
    return a_town(url)


@LOOKS
@pytest.mark.parametrize("who", ["nobody", "borrower", "lender", "operator"])
def test_every_page_is_accessible_and_fits(
    visit: Visit, town: Town, axe: str, who: str, size: tuple[int, int], theme: str
) -> None:
    watched = visit(size, theme=theme)
    if who != "nobody":
        watched.sign_in(town.people[who], "/admin/" if who == "operator" else "/app/")
    findings: dict[str, list[str]] = {}

    for stop in (stop for stop in town.stops if stop.who == who):
        watched.open(stop.path)
        page = watched.settle()
        findings[stop.name] = accessibility_findings(page, axe)
        width = page.evaluate("document.documentElement.scrollWidth")
        findings[stop.name] += [f"{width} px wide"] if width > size[0] else []

    assert {name: found for name, found in findings.items() if found} == {}


def test_a_dialog_is_accessible(visit: Visit, town: Town, axe: str) -> None:
    watched = visit()
    watched.sign_in(town.people["borrower"])
    page = watched.settle()

    page.get_by_role("button", name="Pay $").first.click()
    page.get_by_role("dialog").wait_for()

    assert accessibility_findings(page, axe) == []


@pytest.mark.parametrize("path", ["/", "/app/#/register", "/app/#/sign-in"])
def test_a_page_reflows_at_320_px_and_with_text_twice_as_large(visit: Visit, path: str) -> None:
    for size, scale in (((320, 640), 100), ((640, 800), 200)):
        watched = visit(size)
        page = watched.open(path)
        page.evaluate("(scale) => { document.documentElement.style.fontSize = `${scale}%`; }", scale)
        watched.settle()

        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("name", ["swagger", "redoc"])
def test_the_documentation_needs_no_other_host(visit: Visit, name: str) -> None:
    watched = visit()
    page = watched.open(f"/api/{name}/")

    expect(page.get_by_text("What a loan would cost").locator("visible=true").first).to_be_visible()


def test_swagger_sends_the_token_that_was_authorized(visit: Visit, town: Town) -> None:
    watched = visit()
    page = watched.open("/api/swagger/")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".auth-container input").first.fill(town.people["borrower"].token)
    page.locator(".auth-btn-wrapper button.authorize").click()
    page.locator(".btn-done").click()

    page.locator(".opblock-summary-control", has_text="Show my wallet").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table").first).to_contain_text(town.people["borrower"].username)


def test_a_person_without_the_role_does_not_get_into_the_panel(visit: Visit, town: Town) -> None:
    watched = visit()
    page = watched.open("/admin/")
    page.get_by_label("User name or e-mail").fill(town.people["lender"].username)
    page.get_by_label("Password").fill(town.people["lender"].password)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("This panel is for operators")).to_be_visible()
    assert [request for request in watched.requests if "/api/admin/" in request] == []
