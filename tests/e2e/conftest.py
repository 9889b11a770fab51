"""Fixtures of the browser tests: a platform as `make run` starts it, Chromium, monitored pages, axe-core."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from local.external_programs import CHROMIUM
from local.vendor_assets import PINS, fetch
from tests.architecture.source import ROOT
from tests.e2e.monitored_page import BROWSER_FLAGS, TIMEOUT_MS, WIDE, MonitoredPage, new_context
from tests.external_programs import path_or_skip, skip
from tests.integration.local.running_platform import running_server

OpenPage = Callable[..., MonitoredPage]
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of the browser."""
    return path_or_skip(CHROMIUM)


@pytest.fixture(scope="session")
def url(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a platform for this session. It depends on the browser so that none is started without one."""
    with running_server(tmp_path_factory.mktemp("data")) as address:
        yield address


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Browser, url: str) -> Iterator[OpenPage]:
    """Function that opens a monitored page, in a new browser profile or in the profile of another page.

    The test fails if a page logged an error, sent a request to another host, or violated its policy.
    """
    opened: list[MonitoredPage] = []

    def open_one(
        size: tuple[int, int] = WIDE, *, theme: str = "light", same_profile: MonitoredPage | None = None
    ) -> MonitoredPage:
        context = same_profile.page.context if same_profile else new_context(browser, size, theme=theme)
        opened.append(MonitoredPage.create(context, url))
        return opened[-1]

    yield open_one

    problems = [problem for monitored in opened for problem in monitored.all_problems()]
    for monitored in opened:
        monitored.page.context.close()
    assert problems == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Source of axe-core at its pinned version, cached in the local data directory."""
    version = json.loads(PINS.read_text("utf-8"))["packages"]["axe-core"]["version"]
    cached = ROOT / ".local" / "axe-core" / f"{version}.js"
    if not cached.is_file():
        try:
            package = fetch("axe-core", tmp_path_factory.mktemp("npm"))
        except (OSError, subprocess.CalledProcessError):
            skip("axe-core is missing, so accessibility tests cannot run. Its download needs npm and a network")
        cached.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / "axe.min.js", cached)
    return cached.read_text("utf-8")
