"""What a first visit to a page costs: requests, bytes on the wire, and when something is to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Browser

from tests.e2e.people import Person
from tests.e2e.watching import WIDE, Watched, new_context

_MEASURE: Final = """() => {
  const found = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
  const unique = [...new Map(found.map((entry) => [entry.name.split("#")[0], entry])).values()];
  const isCall = (entry) => entry.name.includes("/api/") && entry.entryType === "resource";
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return {
    files: unique.filter((entry) => !isCall(entry)).map((entry) => [entry.name, entry.encodedBodySize]),
    calls: unique.filter(isCall).length,
    paintMs: paint ? Math.round(paint.startTime) : null,
  };
}"""


@dataclass(frozen=True, slots=True)
class Weight:
    """One first visit; bytes are those of bodies as they came over the wire."""

    files: int
    calls: int
    body_bytes: int
    first_content_ms: int | None


def weigh(browser: Browser, url: str, path: str, person: Person | None = None) -> Weight:
    """Open a page with an empty cache; a person is signed in first."""
    context = new_context(browser, WIDE)
    watched = Watched.of(context, url)
    if person:
        watched.sign_in(person, path.partition("#")[0])
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
    return Weight(len(sizes), measured["calls"], sum(sizes), measured["paintMs"])
