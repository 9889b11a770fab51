"""Budgets for the first visit: every file is a Lambda call, and every kilobyte takes time."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.page_weight import measure
from tests.e2e.users import create_borrower, create_lender, sign_in_operator

MAX_FILES = 15
MAX_FILES_OPERATOR = 25  # the charts of the daily report need more
MAX_BYTES = 150_000


@pytest.mark.parametrize("path", ["/", "/app/", "/admin/"])
def test_first_visit_stays_within_budget(browser: Browser, url: str, path: str) -> None:
    weight = measure(browser, url, path)

    assert weight.files <= MAX_FILES
    assert weight.body_bytes <= MAX_BYTES


def test_home_pages_stay_within_budget(browser: Browser, url: str) -> None:
    borrower = measure(browser, url, "/app/#/", create_borrower(url))
    lender = measure(browser, url, "/app/#/", create_lender(url))
    operator = measure(browser, url, "/admin/#/", sign_in_operator(url))

    assert max(borrower.files, lender.files) <= MAX_FILES
    assert operator.files <= MAX_FILES_OPERATOR
    assert max(borrower.body_bytes, lender.body_bytes, operator.body_bytes) <= MAX_BYTES
