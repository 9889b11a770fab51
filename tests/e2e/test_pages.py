"""Every page, wide and narrow, light and dark, is accessible, free of errors and no wider than the screen."""

from collections.abc import Iterable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.demo_pages import VISITOR, Demo, DemoPage, console_of, create_demo
from tests.e2e.monitored_page import NARROW, WIDE, MonitoredPage, accessibility_findings

VARIANTS = pytest.mark.parametrize(
    ("size", "theme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")],
    ids=["wide-light", "wide-dark", "narrow-light", "narrow-dark"],
)  # fmt: skip


@pytest.fixture(scope="module")
def demo(url: str) -> Demo:
    """Platform with demo data."""
    return create_demo(url)


@VARIANTS
@pytest.mark.parametrize("user", [VISITOR, "borrower", "lender", "operator"])
def test_pages_are_accessible_and_fit_the_screen(
    open_page: OpenPage, demo: Demo, axe: str, user: str, size: tuple[int, int], theme: str
) -> None:
    monitored = open_page(size, theme=theme)
    if user != VISITOR:
        monitored.sign_in(demo.users[user], console_of(user))

    assert findings_of_pages(monitored, demo.pages_of(user), axe, size[0]) == {}


def findings_of_pages(
    monitored: MonitoredPage, pages: Iterable[DemoPage], axe: str, screen_width: int
) -> dict[str, list[str]]:
    """Open pages and return the findings of each page that has any: of axe-core, and a width beyond the screen's."""
    findings: dict[str, list[str]] = {}
    for demo_page in pages:
        monitored.open(demo_page.path)
        page = monitored.wait_until_loaded()
        findings[demo_page.name] = accessibility_findings(page, axe)
        width = page.evaluate("document.documentElement.scrollWidth")
        findings[demo_page.name] += [f"{width} px wide"] if width > screen_width else []
    return {name: found for name, found in findings.items() if found}


def test_dialog_is_accessible(open_page: OpenPage, demo: Demo, axe: str) -> None:
    monitored = open_page()
    monitored.sign_in(demo.users["borrower"])
    page = monitored.wait_until_loaded()

    page.get_by_role("button", name="Pay $").first.click()
    page.get_by_role("dialog").wait_for()

    assert accessibility_findings(page, axe) == []


@pytest.mark.parametrize("path", ["/", "/app/#/register", "/app/#/sign-in"])
def test_pages_reflow_at_320_px_and_double_text(open_page: OpenPage, path: str) -> None:
    for size, scale in (((320, 640), 100), ((640, 800), 200)):
        monitored = open_page(size)
        page = monitored.open(path)
        page.evaluate("(scale) => { document.documentElement.style.fontSize = `${scale}%`; }", scale)
        monitored.wait_until_loaded()

        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("name", ["swagger", "redoc"])
def test_api_documentation_loads_nothing_from_other_hosts(open_page: OpenPage, name: str) -> None:
    page = open_page().open(f"/api/{name}/")

    expect(page.get_by_text("/api/loans/quote/").locator("visible=true").first).to_be_visible()


def test_swagger_sends_the_authorized_token(open_page: OpenPage, demo: Demo) -> None:
    page = open_page().open("/api/swagger/")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".auth-container input").first.fill(demo.users["borrower"].token)
    page.locator(".auth-btn-wrapper button.authorize").click()
    page.locator(".btn-done").click()

    page.locator(".opblock-get [data-path='/api/wallets/']").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table").first).to_contain_text(demo.users["borrower"].username)


def test_operator_panel_rejects_other_roles(open_page: OpenPage, demo: Demo) -> None:
    monitored = open_page()
    page = monitored.open("/admin/")
    page.get_by_label("Username or email").fill(demo.users["lender"].username)
    page.get_by_label("Password").fill(demo.users["lender"].password)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("This panel is for operators")).to_be_visible()
    assert [request for request in monitored.requests if "/api/admin/" in request] == []
