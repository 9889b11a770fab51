"""Fixtures of the browser tests: the platform as `make run` starts it, Chromium, watched pages."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from local.vendor_assets import PINS, fetch
from tests.e2e.running import ROOT, running_platform
from tests.e2e.watching import CHROMIUM, FLAGS, PATIENCE_MS, WIDE, Watched, new_context

Visit = Callable[..., Watched]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a platform of this session's own."""
    with running_platform(tmp_path_factory.mktemp("data")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium: Debian's, or the one that CHROMIUM names."""
    program = os.environ.get("CHROMIUM", CHROMIUM)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield chromium
        chromium.close()


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
        package = fetch("axe-core", tmp_path_factory.mktemp("npm"))
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / "axe.min.js", kept)
    return kept.read_text("utf-8")
