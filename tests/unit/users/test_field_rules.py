"""Rules of usernames, email addresses and personal details."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.shared.errors import Unprocessable
from chalicelib.users.domain import field_rules as rules
from chalicelib.users.domain.field_rules import FieldValidator, folded

TODAY = date(2026, 1, 15)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("john_borrower", "john_borrower"),
        (" Sarah.Lender ", "Sarah.Lender"),
        ("a-1", "a-1"),
        ("ＪＯＨＮ", "JOHN"),
    ],
)
def test_username_is_normalised_and_keeps_its_case(text: str, normalised: str) -> None:
    assert rules.username(text) == normalised


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ab",
        "a" * 65,
        "john doe",
        "john@home",
        "-john",
        ".john",
        "john.",
        "jоhn",
        "john\n1",
        "a/b",
        "джон",
        "jo\x00hn",
    ],
)
def test_misleading_usernames_are_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"give|use"):
        rules.username(text)


@given(st.text(max_size=70))
def test_accepted_usernames_are_stable_ascii_keys(text: str) -> None:
    try:
        normalised = rules.username(text)
    except ValueError:
        return

    assert rules.username(normalised) == normalised
    assert normalised.isascii()
    assert folded(normalised) == normalised.lower()


@pytest.mark.parametrize("text", ["John@Example.com", "a.b+c@sub.example.co", "x@1.2.io", "o'neil@example.com"])
def test_email_keeps_its_spelling(text: str) -> None:
    assert rules.email(f" {text} ") == text


@pytest.mark.parametrize(
    "text",
    [
        "", "john", "@example.com", "john@", "john@localhost", "john@@example.com", "john@-example.com",
        "a b@c.de", ".john@example.com", "john.@example.com", "j..n@example.com", "john@example..com",
        "john@example.com\n.de", "<john@example.com>", "x" * 65 + "@example.com", "x@" + "a" * 64 + ".com",
        "x@" + "abc." * 80 + "com",
    ],
)  # fmt: skip
def test_malformed_emails_are_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="give an email address"):
        rules.email(text)


def test_folding_ignores_case_and_width() -> None:
    assert folded("JOHN@Example.COM") == folded("ｊｏｈｎ@example.com ") == "john@example.com"
    assert folded("STRASSE") == folded("straße")


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("text", "normalised"), [("  Zoë ", "Zoë"), ("Zoe\u0308", "Zoë"), ("", ""), ("李 小龙", "李 小龙")]
)
def test_names_of_any_script_are_accepted(text: str, normalised: str) -> None:
    assert rules.name(text) == normalised


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\u2028b", "\ud800", "a\x1b[31mb", "x" * 101])
def test_names_reject_control_characters_and_excess_length(text: str) -> None:
    with pytest.raises(ValueError, match=r"control characters|at most 100"):
        rules.name(text)


def test_address_has_up_to_300_characters() -> None:
    assert rules.address("x" * 300) == "x" * 300
    with pytest.raises(ValueError, match="at most 300"):
        rules.address("x" * 301)


@pytest.mark.parametrize("text", ["+1 555 0100", "(030) 123456-7", "0123456789", "+49.30.1234", "1234567890/12"])
def test_usual_telephone_formats_are_accepted(text: str) -> None:
    assert rules.phone_number(text) == text


@pytest.mark.parametrize("text", ["", "1234", "call me", "++1 555 0100", "٠١٢٣٤٥٦٧٨٩", "1" * 33, "555-0100-"])
def test_malformed_telephone_numbers_are_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"give a telephone number|at most"):
        rules.phone_number(text)


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2026, 1, 14)])
def test_past_dates_of_birth_are_accepted(day: date) -> None:
    assert rules.date_of_birth(day, TODAY) == day


@pytest.mark.parametrize("day", [date(1899, 12, 31), TODAY, date(2030, 1, 1)])
def test_implausible_dates_of_birth_are_rejected(day: date) -> None:
    with pytest.raises(ValueError, match="in the past"):
        rules.date_of_birth(day, TODAY)


def test_validator_reports_all_invalid_fields() -> None:
    fields = FieldValidator()
    fields.validate("username", rules.username, "a b")
    fields.validate("email", rules.email, "john@example.com")
    fields.validate_optional("profile.phone_number", rules.phone_number, "x")
    fields.validate_optional("profile.address", rules.address, None)

    with pytest.raises(Unprocessable) as error:
        fields.raise_if_invalid()

    assert [field for field, _ in error.value.errors] == ["username", "profile.phone_number"]
