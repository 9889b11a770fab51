"""Measures a first visit to a page: requests, transferred bytes, time until the first content."""

from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Browser

from tests.e2e.monitored_page import WIDE, MonitoredPage, new_context
from tests.e2e.users import User

_MEASURE: Final = """() => {
  const found = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
  const unique = [...new Map(found.map((entry) => [entry.name.split("#")[0], entry])).values()];
  const isApiCall = (entry) => entry.name.includes("/api/") && entry.entryType === "resource";
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return {
    files: unique.filter((entry) => !isApiCall(entry)).map((entry) => [entry.name, entry.encodedBodySize]),
    apiCalls: unique.filter(isApiCall).length,
    paintMs: paint ? Math.round(paint.startTime) : null,
  };
}"""


@dataclass(frozen=True, slots=True)
class PageWeight:
    """One first visit. The bytes are those of the files' bodies as transferred."""

    files: int
    api_calls: int
    body_bytes: int
    first_content_ms: int | None


def measure(browser: Browser, url: str, path: str, user: User | None = None) -> PageWeight:
    """Open a page with an empty cache, after signing in if a user is given, and measure it."""
    context = new_context(browser, WIDE)
    if user:
        MonitoredPage.create(context, url).sign_in(user, path.partition("#")[0])
        context.clear_cookies()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    page.goto(url + path)
    page.locator("main h1").first.wait_for()
    page.wait_for_load_state("networkidle")
    measured: dict[str, Any] = page.evaluate(_MEASURE)
    context.close()
    sizes = [size for _, size in measured["files"]]
    return PageWeight(len(sizes), measured["apiCalls"], sum(sizes), measured["paintMs"])
