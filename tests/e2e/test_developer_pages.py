"""The developers' pages: webhook endpoints, their secrets, deliveries and attempts; the operators' pages about them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.monitored_page import MonitoredPage, accessibility_findings, open_section
from tests.e2e.users import User, create_borrower, sign_in_operator
from tests.e2e.webhook_receiver import Receiver, run_receiver

SECRET = re.compile(r"^whsec_[\w+/=]{32,}$")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with run_receiver() as running:
        yield running


def endpoint_for(user: User, receiver: Receiver) -> str:
    """Create an endpoint for all events and return its id."""
    body = {"url": receiver.url, "event_types": ["*"]}
    return str(user.call("POST", "/api/webhook-endpoints/", body)["id"])


def endpoints_of(user: User) -> Any:
    return user.call("GET", "/api/webhook-endpoints/")["items"]


def open_endpoint(monitored: MonitoredPage, user: User, endpoint_id: str) -> Page:
    monitored.sign_in(user)
    monitored.open(f"/app/#/developers/{endpoint_id}")
    return monitored.wait_until_loaded()


def confirm(page: Page, button: str) -> None:
    """Press a button and the one of the same name in the dialog that it opens."""
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()


def test_secret_of_a_new_endpoint_is_shown_once(open_page: OpenPage, url: str, receiver: Receiver, axe: str) -> None:
    user = create_borrower(url)
    monitored = open_page()
    page = monitored.sign_in(user)
    monitored.open("/app/#/profile")
    page.get_by_role("link", name="Developers").click()
    page.get_by_role("button", name="Add endpoint").click()
    page.get_by_label("URL").fill(receiver.url)
    page.get_by_role("radio", name="Selected events").check()
    page.get_by_role("checkbox", name=re.compile("^payment.received")).check()

    page.get_by_role("button", name="Add endpoint").click()

    expect(page.locator("dialog .secret")).to_have_text(SECRET)
    assert accessibility_findings(page, axe) == []
    secret = page.locator("dialog .secret").inner_text()
    page.get_by_role("button", name="I’ve stored it").click()
    expect(page.get_by_role("link", name=receiver.url)).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name=receiver.url)).to_be_visible()
    assert secret not in page.content()
    assert [endpoint["event_types"] for endpoint in endpoints_of(user)] == [["payment.received"]]


def test_refused_address_is_shown_next_to_the_url(open_page: OpenPage, url: str, axe: str) -> None:
    user = create_borrower(url)
    monitored = open_page()
    monitored.expect_errors("422")
    page = monitored.sign_in(user)
    monitored.open("/app/#/developers")
    page.get_by_role("button", name="Add endpoint").click()
    page.get_by_role("radio", name="Selected events").check()
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_text("Select at least one event type.")).to_be_visible()
    assert accessibility_findings(page, axe) == []
    page.get_by_role("radio", name="All events").check()
    page.get_by_label("URL").fill("https://10.0.0.1/hooks")

    page.get_by_role("button", name="Add endpoint").click()

    expect(page.get_by_label("URL")).to_be_focused()
    expect(page.get_by_label("URL")).to_have_accessible_description(re.compile(r"requests\. \w+"))
    assert endpoints_of(user) == []


def test_test_event_is_delivered_and_sent_again(open_page: OpenPage, url: str, receiver: Receiver, axe: str) -> None:
    user = create_borrower(url)
    monitored = open_page()
    page = open_endpoint(monitored, user, endpoint_for(user, receiver))

    confirm(page, "Send test event")
    delivery = page.locator(".deliveries > li", has_text="webhook_endpoint.test")
    expect(delivery).to_contain_text("Delivered")
    delivery.locator("summary").click()
    expect(delivery.get_by_role("cell", name="HTTP 200")).to_be_visible()
    expect(delivery.get_by_text("processed")).to_be_visible()
    assert accessibility_findings(page, axe) == []
    delivery.get_by_role("button", name=re.compile("^Resend")).click()
    page.get_by_role("dialog").get_by_role("button", name="Resend").click()

    expect(delivery).to_contain_text("2 attempts")
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1


def test_deliveries_are_filtered_by_status(open_page: OpenPage, url: str, receiver: Receiver) -> None:
    user = create_borrower(url)
    page = open_endpoint(open_page(), user, endpoint_for(user, receiver))
    confirm(page, "Send test event")
    expect(page.locator(".deliveries > li", has_text="Delivered").first).to_be_visible()

    page.get_by_label("Status").select_option("FAILED")

    expect(page.get_by_text("No deliveries with this status.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".deliveries > li", has_text="Delivered").first).to_be_visible()


def test_endpoint_is_changed_and_disabled(open_page: OpenPage, url: str, receiver: Receiver) -> None:
    user = create_borrower(url)
    page = open_endpoint(open_page(), user, endpoint_for(user, receiver))
    page.get_by_role("button", name="Change").click()
    page.get_by_label("Description").fill("Accounting")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Changes saved.").first).to_be_visible()

    confirm(page, "Disable")

    expect(page.get_by_text("You disabled this endpoint.")).to_be_visible()
    expect(page.get_by_role("button", name="Send test event")).to_be_hidden()
    (endpoint,) = endpoints_of(user)
    assert (endpoint["description"], endpoint["enabled"]) == ("Accounting", False)
    confirm(page, "Enable")
    expect(page.get_by_role("button", name="Send test event")).to_be_visible()


def test_rotated_secret_is_shown_once(open_page: OpenPage, url: str, receiver: Receiver) -> None:
    user = create_borrower(url)
    page = open_endpoint(open_page(), user, endpoint_for(user, receiver))

    confirm(page, "Rotate secret")

    expect(page.locator("dialog .secret")).to_have_text(SECRET)
    page.get_by_role("button", name="I’ve stored it").click()
    expect(page.get_by_text("Old secret valid until")).to_be_visible()


def test_deleted_endpoint_leaves_the_list(open_page: OpenPage, url: str, receiver: Receiver) -> None:
    user = create_borrower(url)
    page = open_endpoint(open_page(), user, endpoint_for(user, receiver))

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete endpoint").click()

    expect(page.get_by_text("No endpoints yet.")).to_be_visible()
    assert endpoints_of(user) == []


def test_event_types_show_their_fields_and_an_example(open_page: OpenPage, url: str) -> None:
    monitored = open_page()
    page = monitored.sign_in(create_borrower(url))
    monitored.open("/app/#/developers/events")

    page.get_by_text("payment.received", exact=True).click()

    expect(page.get_by_role("region", name="Fields of payment.received")).to_contain_text("amount")
    expect(page.get_by_role("region", name="Example of payment.received")).to_contain_text('"data"')


def test_operators_see_failed_deliveries(open_page: OpenPage, url: str, receiver: Receiver) -> None:
    user = create_borrower(url)
    receiver.status = 410
    endpoint_id = endpoint_for(user, receiver)
    user.call("POST", f"/api/webhook-endpoints/{endpoint_id}/test/", {})
    page = open_endpoint(open_page(), user, endpoint_id)
    expect(page.get_by_text("410 Gone").first).to_be_visible()
    panel = open_page()
    operators = panel.sign_in(sign_in_operator(url), "/admin/")

    open_section(operators, "Messages")

    expect(operators.get_by_role("row", name=re.compile(user.id)).first).to_contain_text("HTTP 410")


def test_suppressed_address_is_removed_after_confirmation(open_page: OpenPage, url: str) -> None:
    listed = [{"id": "a1", "address": "n…@example.com", "reason": "BOUNCE", "suppressed_at": "2026-11-29T10:00:00Z"}]
    monitored = open_page()
    page = monitored.sign_in(sign_in_operator(url), "/admin/")

    def remove(route: Route) -> None:
        listed.clear()
        route.fulfill(status=204)

    page.route(
        "**/api/admin/suppressed-addresses/", lambda route: route.fulfill(json={"items": listed, "next_cursor": None})
    )
    page.route("**/api/admin/suppressed-addresses/a1/", remove)
    monitored.open("/admin/#/messages/suppressed")

    page.get_by_role("button", name="Remove n…@example.com").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove address").click()

    expect(page.get_by_text("Address removed from the list.")).to_be_visible()
    expect(page.get_by_text("No suppressed addresses.")).to_be_visible()
