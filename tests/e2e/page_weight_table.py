"""Writes docs/page-weight.md: `python -m tests.e2e.page_weight_table`."""

import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from local.external_programs import CHROMIUM
from tests.architecture.source import ROOT
from tests.e2e.demo_pages import Demo, DemoPage, create_demo
from tests.e2e.monitored_page import BROWSER_FLAGS
from tests.e2e.page_weight import measure
from tests.integration.local.running_platform import running_server

VISITS: Final = 3
TARGET: Final = ROOT / "docs" / "page-weight.md"
HEADING: Final = """\
# Page weight

`make page-weight` measures each page on a first visit by a signed-in user with an empty cache, in headless
Chromium {version} against `make run` on one machine. The number of files includes the page itself. On a first
visit every file is a Lambda call; on a later visit only the page is. Bodies are compressed as the gateway
compresses them. `tests/e2e/test_page_weight.py` enforces the budget: 15 files on the landing page and on the first
page of the console, 25 files on the first page of the operator panel, and 150 kB on each of them. Times depend on
the machine and have no budget.

| page | files | API calls | transferred | first content (median of 3) |
|---|---|---|---|---|"""


def write_table(target: Path = TARGET) -> None:
    """Start a platform with demo data, measure every page and write the table."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as url:
        demo = create_demo(url)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM.path(), args=list(BROWSER_FLAGS))
            rows = [_row(browser, demo, page) for page in demo.pages]
            heading = HEADING.format(version=browser.version.partition(".")[0])
            browser.close()
    target.write_text("\n".join((heading, *rows, "")), "utf-8")


def _row(browser: Browser, demo: Demo, page: DemoPage) -> str:
    user = demo.users.get(page.user)
    weights = [measure(browser, demo.url, page.path, user) for _ in range(VISITS)]
    first = weights[0]
    paint_ms = median(weight.first_content_ms or 0 for weight in weights)
    return f"| {page.name} | {first.files} | {first.api_calls} | {first.body_bytes / 1000:.1f} kB | {paint_ms:.0f} ms |"


if __name__ == "__main__":
    write_table()
