"""Takes the screenshots of the documentation: `python -m tests.e2e.screenshots` writes docs/screenshots.

Every page is taken wide and narrow, in light and in dark colours.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from local.external_programs import CHROMIUM
from tests.e2e.people import a_borrower, a_funded_loan, a_lender
from tests.e2e.running import ROOT, running_platform
from tests.e2e.tour import Town, a_town
from tests.e2e.watching import FLAGS, NARROW, WIDE, Watched, new_context

TARGET: Final = ROOT / "docs" / "screenshots"
QUALITY: Final = 78
LOOKS: Final = {
    "wide-light": (WIDE, "light"),
    "narrow-dark": (NARROW, "dark"),
    "wide-dark": (WIDE, "dark"),
    "narrow-light": (NARROW, "light"),
}
DAYS_LATER: Final = "40"
_TALLEST_PX: Final = 2400


def take_all(target: Path = TARGET) -> None:
    """Start a platform, fill it, and take every picture anew."""
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.jpg"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, _later(Path(folder)) as url:
        town = a_town(url)
        browser = playwright.chromium.launch(executable_path=CHROMIUM.path(), args=list(FLAGS))
        for look, who in itertools.product(LOOKS, ("nobody", *town.people)):
            _take(browser, town, who, look, target)
        browser.close()


@contextlib.contextmanager
def _later(folder: Path) -> Iterator[str]:
    """A platform on which somebody has not paid the first instalment: its clock is set forward after the funding."""
    with running_platform(folder) as url:
        a_funded_loan(a_borrower(url), a_lender(url))
    with running_platform(folder, CLOCK_AHEAD=DAYS_LATER) as url:
        yield url


def _take(browser: Browser, town: Town, who: str, look: str, target: Path) -> None:
    stops = [stop for stop in town.stops if stop.who == who]
    size, theme = LOOKS[look]
    context = new_context(browser, size, theme=theme)
    context.clock.set_system_time(datetime.now(UTC) + timedelta(days=int(DAYS_LATER)))
    watched = Watched.of(context, town.url)
    if who != "nobody":
        watched.sign_in(town.people[who], "/admin/" if who == "operator" else "/app/")
    for stop in stops:
        page = watched.open(stop.path)
        watched.settle()
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size[0], "height": min(max(height, size[1]), _TALLEST_PX)})
        watched.settle()
        page.screenshot(path=target / f"{stop.name}-{look}.jpg", type="jpeg", quality=QUALITY)
        page.set_viewport_size({"width": size[0], "height": size[1]})
    context.close()


if __name__ == "__main__":
    take_all(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
