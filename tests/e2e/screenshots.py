"""Takes screenshots of every page, wide and narrow, in light and dark colours.

`python -m tests.e2e.screenshots` writes all of them to build/screenshots;
with `--documentation` it replaces the selection in docs/screenshots instead.
"""

import contextlib
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from local.external_programs import CHROMIUM
from tests.architecture.source import ROOT
from tests.e2e.demo_pages import VISITOR, Demo, console_of, create_demo
from tests.e2e.monitored_page import BROWSER_FLAGS, NARROW, WIDE, MonitoredPage, new_context
from tests.e2e.payments_demo import SANDBOX, create_payments_demo
from tests.e2e.users import create_borrower, create_lender
from tests.factories import funded_loan
from tests.integration.local.running_platform import running_server

ALL: Final = ROOT / "build" / "screenshots"
DOCUMENTATION: Final = ROOT / "docs" / "screenshots"
DOCUMENTED: Final = frozenset(
    {
        "landing-wide-light",
        "borrower-developers-endpoint-wide-light",
        "borrower-home-wide-light",
        "borrower-request-wide-light",
        "borrower-loans-requested-offers-wide-light",
        "borrower-notifications-narrow-light",
        "borrower-loans-active-narrow-light",
        "borrower-transfer-pending-wide-light",
        "borrower-wallet-narrow-dark",
        "lender-home-wide-light",
        "lender-market-wide-dark",
        "lender-portfolio-wide-light",
        "operator-home-wide-dark",
        "operator-ledger-wide-light",
        "operator-loans-active-wide-light",
        "operator-statement-wide-light",
    }
)
QUALITY: Final = 78
VARIANTS: Final = {
    "wide-light": (WIDE, "light"),
    "narrow-dark": (NARROW, "dark"),
    "wide-dark": (WIDE, "dark"),
    "narrow-light": (NARROW, "light"),
}
CLOCK_AHEAD_DAYS: Final = 40
_MAX_HEIGHT_PX: Final = 2400


def take(target: Path, is_wanted: Callable[[str], bool] = lambda name: True) -> None:
    """Start a platform with demo data and replace the screenshots in a folder.

    Args:
        target: Folder for the JPEG files; those in it are deleted first.
        is_wanted: Predicate on the names, such as "landing-wide-light".
    """
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.jpg"):
        old.unlink()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM.path(), args=list(BROWSER_FLAGS))
        for demo in _demos():
            for variant, user in itertools.product(VARIANTS, (VISITOR, *demo.users)):
                _take_pages(browser, demo, user, variant, target, is_wanted)
        browser.close()


def _demos() -> Iterator[Demo]:
    """Run two platforms one after the other: one without a bank, and one whose bank is the sandbox."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as url:
        yield create_demo(url)
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder), **SANDBOX) as url:
        yield create_payments_demo(url)


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Run a platform with an overdue loan: its clock is set forward after the loan has been funded."""
    with running_server(folder) as url:
        funded_loan(create_borrower(url), create_lender(url))
    with running_server(folder, CLOCK_AHEAD=str(CLOCK_AHEAD_DAYS)) as url:
        yield url


def _take_pages(
    browser: Browser, demo: Demo, user: str, variant: str, target: Path, is_wanted: Callable[[str], bool]
) -> None:
    pages = [page for page in demo.pages_of(user) if is_wanted(f"{page.name}-{variant}")]
    if not pages:
        return
    (width, height), theme = VARIANTS[variant]
    context = new_context(browser, (width, height), theme=theme)
    monitored = MonitoredPage.create(context, demo.url)
    if user != VISITOR:
        monitored.sign_in(demo.users[user], console_of(user))
    for page in pages:
        shown = monitored.open(page.path)
        monitored.wait_until_loaded()
        content_height = shown.evaluate("document.documentElement.scrollHeight")
        shown.set_viewport_size({"width": width, "height": min(max(content_height, height), _MAX_HEIGHT_PX)})
        monitored.wait_until_loaded()
        shown.screenshot(path=target / f"{page.name}-{variant}.jpg", type="jpeg", quality=QUALITY)
        shown.set_viewport_size({"width": width, "height": height})
    context.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["--documentation"]:
        take(DOCUMENTATION, DOCUMENTED.__contains__)
    else:
        take(ALL)
