"""Budgets: every file is a Lambda call, and every kilobyte is a wait."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.e2e.people import a_borrower, a_lender, an_operator
from tests.e2e.weighing import weigh

MOST_FILES = 15
MOST_FILES_IN_THE_PANEL = 25  # charts of the daily report come on top
MOST_BYTES = 150_000


@pytest.mark.parametrize("path", ["/", "/app/", "/admin/"])
def test_a_first_visit_is_light(browser: Browser, url: str, path: str) -> None:
    weight = weigh(browser, url, path)

    assert weight.files <= MOST_FILES
    assert weight.body_bytes <= MOST_BYTES


def test_the_first_page_after_signing_in_is_light(browser: Browser, url: str) -> None:
    borrower = weigh(browser, url, "/app/#/", a_borrower(url))
    lender = weigh(browser, url, "/app/#/", a_lender(url))
    operator = weigh(browser, url, "/admin/#/", an_operator(url))

    assert max(borrower.files, lender.files) <= MOST_FILES
    assert operator.files <= MOST_FILES_IN_THE_PANEL
    assert max(borrower.body_bytes, lender.body_bytes, operator.body_bytes) <= MOST_BYTES
