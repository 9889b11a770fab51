"""Fixtures of the browser tests: the platform as `make run` starts it, Chromium, watched pages."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from local.external_programs import CHROMIUM
from local.vendor_assets import PINS, fetch
from tests.e2e.running import ROOT, running_platform
from tests.e2e.watching import FLAGS, PATIENCE_MS, WIDE, Watched, new_context
from tests.external_programs import path_or_skip, skip

Visit = Callable[..., Watched]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of the browser."""
    return path_or_skip(CHROMIUM)


@pytest.fixture(scope="session")
def url(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a platform of this session's own; without a browser none is started."""
    with running_platform(tmp_path_factory.mktemp("data")) as address:
        yield address


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[Visit]:
    """Opens watched pages, each in a profile of its own unless told to share one.

    After the test, no page may have logged an error, left the host, or run into its policy.
    """
    opened: list[Watched] = []

    def open_page(size: tuple[int, int] = WIDE, *, theme: str = "light", beside: Watched | None = None) -> Watched:
        context = beside.page.context if beside else new_context(browser, size, theme=theme)
        opened.append(Watched.of(context, url))
        return opened[-1]

    yield open_page

    violations = [violation for watched in opened for violation in watched.violations()]
    for watched in opened:
        watched.page.context.close()
    assert violations == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core at its pinned version, kept between runs in the local data directory."""
    version = json.loads(PINS.read_text("utf-8"))["packages"]["axe-core"]["version"]
    kept = ROOT / ".local" / "axe-core" / f"{version}.js"
    if not kept.is_file():
        try:
            package = fetch("axe-core", tmp_path_factory.mktemp("npm"))
        except (OSError, subprocess.CalledProcessError):
            skip("axe-core is missing, so accessibility tests cannot run. Its download needs npm and a network")
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / "axe.min.js", kept)
    return kept.read_text("utf-8")
