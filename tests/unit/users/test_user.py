"""Registration and profile changes."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import Unprocessable
from chalicelib.users.domain.user import AccountStatus, Credentials, PersonalDetails, ProfileChanges, Registration, User

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def registration_of(
    username: str = "john", email: str = "john@example.com", password: str = "a good phrase"
) -> Registration:
    return Registration(username=username, email=email, password=password)


def user_with_details() -> User:
    details = PersonalDetails("+1 555 0100", date(1990, 2, 3), "1 Main Street")
    return replace(registration_of(), first_name="John", details=details).to_user(ID, NOW)


def invalid_fields(registration: Registration) -> list[str]:
    with pytest.raises(Unprocessable) as error:
        registration.validated(TODAY)
    return [field for field, _ in error.value.errors]


def test_registration_reports_every_invalid_field() -> None:
    details = PersonalDetails(phone_number="x", date_of_birth=TODAY, address="a\nb")
    registration = replace(registration_of("a b", "nowhere", "password"), first_name="\x07", details=details)

    assert set(invalid_fields(registration)) == {
        "username", "email", "password", "first_name",
        "profile.phone_number", "profile.date_of_birth", "profile.address",
    }  # fmt: skip


def test_registration_is_normalised() -> None:
    validated = replace(registration_of(" John "), first_name=" Zoe\u0308 ").validated(TODAY)

    assert (validated.username, validated.first_name) == ("John", "Zoë")


def test_new_account_is_active() -> None:
    user = registration_of().to_user(ID, NOW)

    assert user.status is AccountStatus.ACTIVE
    assert user.as_actor() == Actor(ID, "john", Role.BORROWER)


def test_only_demo_accounts_allow_common_passwords() -> None:
    registration = registration_of(password="admin123")

    assert invalid_fields(registration) == ["password"]
    assert registration.validated(TODAY, common_password_allowed=True).password == "admin123"


def test_representations_hide_passwords() -> None:
    representation = repr(registration_of(password="a good phrase")) + repr(
        Credentials(user_with_details(), "$argon2id$secret")
    )

    assert "phrase" not in representation
    assert "argon2" not in representation


def test_profile_changes_keep_unnamed_fields() -> None:
    changes = ProfileChanges(last_name="Smith", changed_details=frozenset({"address"})).validated(TODAY)

    after = changes.applied_to(user_with_details())

    assert (after.first_name, after.last_name) == ("John", "Smith")
    assert after.details == PersonalDetails("+1 555 0100", date(1990, 2, 3), None)


def test_profile_changes_are_validated() -> None:
    details = PersonalDetails(date_of_birth=date(2030, 1, 1))
    changes = ProfileChanges(email="x", details=details, changed_details=frozenset({"date_of_birth"}))

    with pytest.raises(Unprocessable) as error:
        changes.validated(TODAY)

    assert {field for field, _ in error.value.errors} == {"email", "profile.date_of_birth"}


def test_empty_profile_changes_are_recognised() -> None:
    assert ProfileChanges().is_empty
    assert not ProfileChanges(first_name="").is_empty
    assert not ProfileChanges(changed_details=frozenset({"address"})).is_empty
