"""Addresses that get no email: the operators' list, and removal from it."""

from dataclasses import replace

import pytest

from chalicelib.api.signing_keys import KeyRing
from chalicelib.container import Container
from chalicelib.notifications.domain.suppression import SuppressionReason
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from tests.factories import UNKNOWN_ID, User, UserFactory, ok
from tests.problems import problem

PATH = "/api/admin/suppressed-addresses/"
BOUNCE, COMPLAINT = SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT


def email_of(container: Container, user: User) -> str:
    found = container.users.find(user.id)
    assert found is not None
    return found.email


def test_suppressed_addresses_are_listed_masked(
    operator: User, user_factory: UserFactory, container: Container, clock: FixedClock
) -> None:
    bounced, complained = user_factory.registered(Role.LENDER), user_factory.registered(Role.BORROWER)
    container.suppressions.suppress(email_of(container, bounced), bounced.id, BOUNCE)
    clock.advance(seconds=1)
    container.suppressions.suppress(email_of(container, complained), complained.id, COMPLAINT)

    listed = ok(operator.http.get(PATH)).json

    email = email_of(container, complained)
    [newest, oldest] = listed["items"]
    assert newest == {
        "id": newest["id"],
        "user_id": complained.id,
        "address": f"{email[0]}…@{email.partition('@')[2]}",
        "reason": "COMPLAINT",
        "suppressed_at": "2026-01-15T09:30:01.000Z",
    }
    assert (oldest["user_id"], oldest["reason"]) == (bounced.id, "BOUNCE")
    assert email.partition("@")[0] not in str(listed)


def test_pages_contain_every_address_once(operator: User, container: Container, clock: FixedClock) -> None:
    for number in range(5):
        container.suppressions.suppress(f"user{number}@example.com", None, BOUNCE)
        clock.advance(seconds=1)

    first = ok(operator.http.get(f"{PATH}?limit=3")).json
    second = ok(operator.http.get(f"{PATH}?limit=3&cursor={first['next_cursor']}")).json

    assert len({item["id"] for page in (first, second) for item in page["items"]}) == 5
    assert second["next_cursor"] is None
    assert {item["address"] for item in first["items"]} == {None}


def test_changed_address_of_the_account_is_not_shown(
    operator: User, user_factory: UserFactory, container: Container
) -> None:
    user = user_factory.registered(Role.LENDER)
    container.suppressions.suppress("former@example.com", user.id, BOUNCE)

    [item] = ok(operator.http.get(PATH)).json["items"]

    assert (item["user_id"], item["address"]) == (user.id, None)


@pytest.mark.parametrize("address", ["ana@example.com", "Ana@Example.com", " ana@example.com"])
def test_address_is_recognised_in_any_case(container: Container, address: str) -> None:
    container.suppressions.suppress("ana@EXAMPLE.com", None, BOUNCE)

    assert container.suppressions.contains(address)
    assert not container.suppressions.contains("bob@example.com")


def test_repeated_suppression_changes_nothing(container: Container, operator: User) -> None:
    assert container.suppressions.suppress("ana@example.com", None, BOUNCE)
    assert not container.suppressions.suppress("ana@example.com", None, COMPLAINT)

    [item] = ok(operator.http.get(PATH)).json["items"]
    assert item["reason"] == "BOUNCE"


def test_removed_address_gets_emails_again(operator: User, container: Container) -> None:
    container.suppressions.suppress("ana@example.com", None, BOUNCE)
    [item] = ok(operator.http.get(PATH)).json["items"]

    removed = operator.http.delete(f"{PATH}{item['id']}/")

    assert removed.status == 204
    assert not container.suppressions.contains("ana@example.com")
    assert ok(operator.http.get(PATH)).json["items"] == []
    [entry] = [each for each in audit_entries(operator) if each["action"] == "ALLOW_ADDRESS"]
    assert entry["subject"] == f"suppressed-address:{item['id']}"


def test_replayed_removal_has_one_effect(operator: User, container: Container) -> None:
    container.suppressions.suppress("ana@example.com", None, BOUNCE)
    [item] = ok(operator.http.get(PATH)).json["items"]

    responses = [operator.http.delete(f"{PATH}{item['id']}/", key="one") for _ in range(2)]

    assert [each.status for each in responses] == [204, 204]
    assert responses[1].headers["idempotent-replayed"] == "true"
    assert len([each for each in audit_entries(operator) if each["action"] == "ALLOW_ADDRESS"]) == 1


@pytest.mark.parametrize("address_id", [UNKNOWN_ID, "nothing"])
def test_unknown_address_is_not_found(operator: User, address_id: str) -> None:
    assert operator.http.delete(f"{PATH}{address_id}/").status == 404


def test_only_operators_see_and_remove_addresses(user_factory: UserFactory, container: Container) -> None:
    container.suppressions.suppress("ana@example.com", None, BOUNCE)
    user = user_factory.lender()

    for response in (user.http.get(PATH), user.http.delete(f"{PATH}{UNKNOWN_ID}/")):
        problem(response, 403, "forbidden")
    assert container.suppressions.contains("ana@example.com")


def test_addresses_stay_suppressed_when_the_signing_key_is_rotated(container: Container) -> None:
    container.suppressions.suppress("ana@example.com", None, COMPLAINT)

    for number in range(3):
        rotate(container, f"key-{number}")
        assert container.suppressions.contains("ana@example.com")


def audit_entries(operator: User) -> list[dict[str, str]]:
    found: list[dict[str, str]] = ok(operator.http.get("/api/admin/audit/?limit=100")).json["items"]
    return found


def rotate(container: Container, kid: str) -> None:
    """Make a new key the current one; the one before stays valid."""
    ring: KeyRing = container.keys.ring()
    kept = {kid: kid.encode() * 8, ring.current: ring.keys[ring.current]}
    container.keys._ring = replace(ring, current=kid, keys=kept)
