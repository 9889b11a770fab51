"""The pages about transfers and banks, wide and narrow, light and dark, are accessible and fit the screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import OpenPage
from tests.e2e.demo_pages import Demo, console_of
from tests.e2e.monitored_page import accessibility_findings
from tests.e2e.payments_demo import SANDBOX, create_payments_demo
from tests.e2e.test_pages import VARIANTS, findings_of_pages
from tests.integration.local.running_platform import running_server


@pytest.fixture(scope="module")
def url(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a platform with the payment provider `sandbox`."""
    with running_server(tmp_path_factory.mktemp("data"), **SANDBOX) as address:
        yield address


@pytest.fixture(scope="module")
def demo(url: str) -> Demo:
    """Platform with transfers in many states."""
    return create_payments_demo(url)


@VARIANTS
@pytest.mark.parametrize("user", ["borrower", "restricted", "operator"])
def test_payment_pages_are_accessible_and_fit_the_screen(
    open_page: OpenPage, demo: Demo, axe: str, user: str, size: tuple[int, int], theme: str
) -> None:
    monitored = open_page(size, theme=theme)
    monitored.sign_in(demo.users[user], console_of(user))

    assert findings_of_pages(monitored, demo.pages_of(user), axe, size[0]) == {}


def test_forms_about_banks_are_accessible(open_page: OpenPage, demo: Demo, axe: str) -> None:
    monitored = open_page()
    page = monitored.sign_in(demo.users["borrower"])
    monitored.open("/app/#/wallet/bank-accounts")
    page.get_by_role("button", name="Add bank account").click()
    page.get_by_role("button", name="Add bank account").click()
    page.get_by_text("Enter an IBAN.").wait_for()
    with_errors = accessibility_findings(page, axe)
    monitored.open("/app/#/wallet")
    page.get_by_role("button", name="Withdraw", exact=True).click()
    page.get_by_role("radio").first.wait_for()

    assert (with_errors, accessibility_findings(page, axe)) == ([], [])


def test_assign_dialog_is_accessible(open_page: OpenPage, demo: Demo, axe: str) -> None:
    monitored = open_page()
    page = monitored.sign_in(demo.users["operator"], "/admin/")
    monitored.open("/admin/#/payments/lines")

    page.get_by_role("button", name="Assign").first.click()
    page.get_by_role("dialog").get_by_label("Transfer", exact=True).wait_for()

    assert accessibility_findings(page, axe) == []
