"""Accounts as the domain sees them: registration and change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import Unprocessable
from chalicelib.users.domain.user import AccountStatus, Credentials, PersonalDetails, ProfileChanges, Registration, User

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def a_registration(
    username: str = "john", email: str = "john@example.com", password: str = "a good phrase"
) -> Registration:
    return Registration(username=username, email=email, password=password)


def a_user() -> User:
    details = PersonalDetails("+1 555 0100", date(1990, 2, 3), "1 Main Street")
    return replace(a_registration(), first_name="John", details=details).opened(ID, NOW)


def wrong_fields(registration: Registration) -> list[str]:
    with pytest.raises(Unprocessable) as refusal:
        registration.checked(TODAY)
    return [field for field, _ in refusal.value.errors]


def test_a_registration_names_every_field_that_is_wrong() -> None:
    details = PersonalDetails(phone_number="x", date_of_birth=TODAY, address="a\nb")
    registration = replace(a_registration("a b", "nowhere", "password"), first_name="\x07", details=details)

    assert set(wrong_fields(registration)) == {
        "username", "email", "password", "first_name",
        "profile.phone_number", "profile.date_of_birth", "profile.address",
    }  # fmt: skip


def test_a_registration_is_kept_in_its_clean_form() -> None:
    checked = replace(a_registration(" John "), first_name=" Zoe\u0308 ").checked(TODAY)

    assert (checked.username, checked.first_name) == ("John", "Zoë")


def test_a_new_account_is_active_and_can_act() -> None:
    user = a_registration().opened(ID, NOW)

    assert user.status is AccountStatus.ACTIVE
    assert user.as_actor() == Actor(ID, "john", Role.BORROWER)


def test_only_demo_accounts_may_have_a_well_known_password() -> None:
    registration = a_registration(password="admin123")

    assert wrong_fields(registration) == ["password"]
    assert registration.checked(TODAY, common_password_allowed=True).password == "admin123"


def test_no_representation_shows_a_password() -> None:
    shown = repr(a_registration(password="a good phrase")) + repr(Credentials(a_user(), "$argon2id$secret"))

    assert "phrase" not in shown
    assert "argon2" not in shown


def test_changes_leave_alone_what_they_do_not_name() -> None:
    changes = ProfileChanges(last_name="Smith", changed_details=frozenset({"address"})).checked(TODAY)

    after = changes.applied_to(a_user())

    assert (after.first_name, after.last_name) == ("John", "Smith")
    assert after.details == PersonalDetails("+1 555 0100", date(1990, 2, 3), None)


def test_changes_follow_the_rules_of_registration() -> None:
    details = PersonalDetails(date_of_birth=date(2030, 1, 1))
    changes = ProfileChanges(email="x", details=details, changed_details=frozenset({"date_of_birth"}))

    with pytest.raises(Unprocessable) as refusal:
        changes.checked(TODAY)

    assert {field for field, _ in refusal.value.errors} == {"email", "profile.date_of_birth"}


def test_changing_nothing_is_known_to_be_nothing() -> None:
    assert ProfileChanges().is_empty
    assert not ProfileChanges(first_name="").is_empty
    assert not ProfileChanges(changed_details=frozenset({"address"})).is_empty
