"""A browser page that is watched: what must never happen on any page fails the test that opened it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.e2e.people import Person

FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE: Final = (1280, 800)
NARROW: Final = (360, 740)
PATIENCE_MS: Final = 20_000
_LEVELS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
AXE_OPTIONS: Final = {"runOnly": {"type": "tag", "values": list(_LEVELS)}}
_COLLECT: Final = """
window.policyViolations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.policyViolations.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""


@dataclass
class Watched:
    """A page, and what it did that it should not have done."""

    page: Page
    url: str
    expected: tuple[str, ...] = ()
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    under_way: set[Request] = field(default_factory=set)

    @classmethod
    def of(cls, context: BrowserContext, url: str) -> Watched:
        """Open an empty page and watch it."""
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watched = cls(page, url)
        page.on("console", watched._console)
        page.on("pageerror", lambda error: watched.complaints.append(f"uncaught: {error}"))
        page.on("request", watched._request)
        page.on("requestfinished", lambda request: watched.under_way.discard(request))
        page.on("requestfailed", lambda request: watched.under_way.discard(request))
        return watched

    def expect(self, *texts: str) -> None:
        """Console errors that contain one of these texts belong to the story, such as an answer of 409."""
        self.expected = (*self.expected, *texts)

    def open(self, path: str) -> Page:
        """Go to a path of the platform."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, person: Person, console: str = "/app/") -> Page:
        """Open a console and sign in by its form."""
        page = self.open(f"{console}#/sign-in")
        page.get_by_label("User name or e-mail").fill(person.username)
        page.get_by_label("Password").fill(person.password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("navigation", name="Main").wait_for()
        return page

    def settle(self) -> Page:
        """Wait until the page stands: a heading, nothing still loading, no request on its way."""
        self.page.locator("main h1").first.wait_for()
        for _ in range(3):  # what has loaded may ask for more
            expect(self.page.locator(".skeleton, main [aria-busy=true]")).to_have_count(0)
            while self.under_way:
                self.page.wait_for_timeout(20)
        return self.page

    def violations(self) -> list[str]:
        """Everything that must not have happened."""
        if self.page.is_closed():
            return self.complaints
        return [*self.complaints, *self.page.evaluate("window.policyViolations ?? []")]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning") or any(text in message.text for text in self.expected):
            return
        self.complaints.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        self.under_way.add(request)
        if urlsplit(request.url).scheme in ("http", "https") and not request.url.startswith(self.url):
            self.complaints.append(f"a request left the host: {request.url}")


def new_context(browser: Browser, size: tuple[int, int] = WIDE, *, theme: str = "light") -> BrowserContext:
    """A browser profile of its own, of a size and a colour scheme."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    context.add_init_script(_COLLECT)
    return context


def accessibility_findings(page: Page, axe: str) -> list[str]:
    """What axe-core finds at level A and AA. It is evaluated, not loaded: the policy lets no script in."""
    page.evaluate(axe + "\nundefined")
    found: Sequence[dict[str, Any]] = page.evaluate(
        "(options) => axe.run(document, options).then((result) => result.violations)", AXE_OPTIONS
    )
    return [
        f"{finding['id']}: {node['target']} {node['failureSummary']}" for finding in found for node in finding["nodes"]
    ]
