"""A browser page that records console errors, requests to other hosts and policy violations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.e2e.users import User

BROWSER_FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE: Final = (1280, 800)
NARROW: Final = (360, 740)
TIMEOUT_MS: Final = 20_000
_LEVELS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
AXE_OPTIONS: Final = {"runOnly": {"type": "tag", "values": list(_LEVELS)}}
_COLLECT_VIOLATIONS: Final = """
window.policyViolations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.policyViolations.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""


@dataclass
class MonitoredPage:
    """A page and the problems it has caused."""

    page: Page
    url: str
    expected_errors: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    pending_requests: set[Request] = field(default_factory=set)

    @classmethod
    def create(cls, context: BrowserContext, url: str) -> MonitoredPage:
        """Open an empty page and monitor it."""
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        monitored = cls(page, url)
        page.on("console", monitored._record_message)
        page.on("pageerror", lambda error: monitored.problems.append(f"uncaught: {error}"))
        page.on("request", monitored._record_request)
        page.on("requestfinished", lambda request: monitored.pending_requests.discard(request))
        page.on("requestfailed", lambda request: monitored.pending_requests.discard(request))
        return monitored

    def expect_errors(self, *texts: str) -> None:
        """Accept console errors that contain one of the texts, such as a response of 409."""
        self.expected_errors = (*self.expected_errors, *texts)

    def open(self, path: str) -> Page:
        """Open a path of the platform."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, user: User, console: str = "/app/") -> Page:
        """Open a console and sign in with its form."""
        page = self.open(f"{console}#/sign-in")
        page.get_by_label("Username or email").fill(user.username)
        page.get_by_label("Password").fill(user.password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("navigation", name="Main").wait_for()
        return page

    def wait_until_loaded(self) -> Page:
        """Wait for a heading, for the content, and for all requests."""
        self.page.locator("main h1").first.wait_for()
        for _ in range(3):  # loaded content may send further requests
            expect(self.page.locator(".skeleton, main [aria-busy=true]")).to_have_count(0)
            while self.pending_requests:
                self.page.wait_for_timeout(20)
        return self.page

    def all_problems(self) -> list[str]:
        """Return all problems, including violations of the content security policy."""
        if self.page.is_closed():
            return self.problems
        return [*self.problems, *self.page.evaluate("window.policyViolations ?? []")]

    def _record_message(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning") or any(text in message.text for text in self.expected_errors):
            return
        self.problems.append(f"{message.type}: {message.text}")

    def _record_request(self, request: Request) -> None:
        self.requests.append(request.url)
        self.pending_requests.add(request)
        if urlsplit(request.url).scheme in ("http", "https") and not request.url.startswith(self.url):
            self.problems.append(f"request to another host: {request.url}")


def open_section(page: Page, name: str) -> None:
    """Follow a link of the navigation."""
    page.get_by_role("navigation").get_by_role("link", name=name).click()


def new_context(browser: Browser, size: tuple[int, int] = WIDE, *, theme: str = "light") -> BrowserContext:
    """Create a separate browser profile with a window size and a colour scheme."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    context.add_init_script(_COLLECT_VIOLATIONS)
    return context


def accessibility_findings(page: Page, axe: str) -> list[str]:
    """Return the findings of axe-core at levels A and AA. Axe is evaluated: the policy blocks a script element."""
    page.evaluate(axe + "\nundefined")
    found: Sequence[dict[str, Any]] = page.evaluate(
        "(options) => axe.run(document, options).then((result) => result.violations)", AXE_OPTIONS
    )
    return [
        f"{finding['id']}: {node['target']} {node['failureSummary']}" for finding in found for node in finding["nodes"]
    ]
