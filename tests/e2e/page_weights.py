"""Weighs the pages: `python -m tests.e2e.page_weights` writes docs/page-weight.md."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from local.external_programs import CHROMIUM
from tests.e2e.running import ROOT, running_platform
from tests.e2e.tour import Stop, Town, a_town
from tests.e2e.watching import FLAGS
from tests.e2e.weighing import Weight, weigh

VISITS: Final = 3
TARGET: Final = ROOT / "docs" / "page-weight.md"
HEADING: Final = """\
# What a page weighs

Measured by `make page-weight`: headless Chromium {version} against `make run` on one machine, each page visited
with an empty cache by somebody who is signed in. Files count the page itself; every one is a Lambda call on a
first visit, and none is on a second, but for the page. Bodies are compressed as the gateway does it. The budget
(15 files on the landing page and the first page of the console, 25 on the panel's, 150 kB everywhere) is kept by
`tests/e2e/test_weight.py`; times depend on the machine and are no test.

| page | files | API calls | bodies over the wire | first content (median of 3) |
|---|---|---|---|---|"""


def write_table(target: Path = TARGET) -> None:
    """Start a platform, fill it, and weigh each page of the tour on a first visit."""
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder)) as url:
        town = a_town(url)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM.path(), args=list(FLAGS))
            rows = [_row(browser, town, stop) for stop in town.stops]
            heading = HEADING.format(version=browser.version.partition(".")[0])
            browser.close()
    target.write_text("\n".join((heading, *rows, "")), "utf-8")


def _row(browser: Browser, town: Town, stop: Stop) -> str:
    person = town.people.get(stop.who)
    weights = [weigh(browser, town.url, stop.path, person) for _ in range(VISITS)]
    return f"| {stop.name} | {_figures(weights)} |"


def _figures(weights: list[Weight]) -> str:
    first = weights[0]
    painted = median(weight.first_content_ms or 0 for weight in weights)
    return f"{first.files} | {first.calls} | {first.body_bytes / 1000:.1f} kB | {painted:.0f} ms"


if __name__ == "__main__":
    write_table()
