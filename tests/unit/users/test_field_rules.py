"""Rules of usernames, email addresses and personal details."""

from collections.abc import Callable
from datetime import date
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.shared.errors import Unprocessable
from chalicelib.users.domain import field_rules as rules
from chalicelib.users.domain.field_rules import FieldValidator, folded

TODAY = date(2026, 1, 15)


ACCEPTED: Final[dict[Callable[[str], str], dict[str, str]]] = {
    rules.username: {
        "john_borrower": "john_borrower", " Sarah.Lender ": "Sarah.Lender", "a-1": "a-1", "ＪＯＨＮ": "JOHN",
    },
    rules.email: {
        f" {text} ": text for text in ("John@Example.com", "a.b+c@sub.example.co", "x@1.2.io", "o'neil@example.com")
    },
    rules.name: {"  Zoë ": "Zoë", "Zoe\u0308": "Zoë", "": "", "李 小龙": "李 小龙"},
    rules.address: {"x" * 300: "x" * 300},
    rules.phone_number: {
        text: text for text in ("+1 555 0100", "(030) 123456-7", "0123456789", "+49.30.1234", "1234567890/12")
    },
}  # fmt: skip
REJECTED: Final[dict[Callable[[str], str], tuple[str, tuple[str, ...]]]] = {
    rules.username: (
        "must have|use",
        (
            "", "ab", "a" * 65, "john doe", "john@home", "-john", ".john", "john.", "jоhn", "john\n1", "a/b", "джон",
            "jo\x00hn",
        ),
    ),
    rules.email: (
        "must be an email address",
        (
            "", "john", "@example.com", "john@", "john@localhost", "john@@example.com", "john@-example.com",
            "a b@c.de", ".john@example.com", "john.@example.com", "j..n@example.com", "john@example..com",
            "john@example.com\n.de", "<john@example.com>", "x" * 65 + "@example.com", "x@" + "a" * 64 + ".com",
            "x@" + "abc." * 80 + "com",
        ),
    ),
    rules.name: (
        "control characters|at most 100", ("a\x00b", "a\nb", "a\u2028b", "\ud800", "a\x1b[31mb", "x" * 101),
    ),
    rules.address: ("at most 300", ("x" * 301,)),
    rules.phone_number: (
        "must be a phone number|at most",
        ("", "1234", "call me", "++1 555 0100", "٠١٢٣٤٥٦٧٨٩", "1" * 33, "555-0100-"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "text", "normalised"), [(rule, *pair) for rule, texts in ACCEPTED.items() for pair in texts.items()]
)
def test_accepted_texts_are_normalised(rule: Callable[[str], str], text: str, normalised: str) -> None:
    assert rule(text) == normalised


@pytest.mark.parametrize(
    ("rule", "message", "text"),
    [(rule, message, text) for rule, (message, texts) in REJECTED.items() for text in texts],
)
def test_malformed_and_misleading_texts_are_rejected(rule: Callable[[str], str], message: str, text: str) -> None:
    with pytest.raises(ValueError, match=message):
        rule(text)


@given(st.text(max_size=70))
def test_accepted_usernames_are_stable_ascii_keys(text: str) -> None:
    try:
        normalised = rules.username(text)
    except ValueError:
        return

    assert rules.username(normalised) == normalised
    assert normalised.isascii()
    assert folded(normalised) == normalised.lower()


def test_folding_ignores_case_and_width() -> None:
    assert folded("JOHN@Example.COM") == folded("ｊｏｈｎ@example.com ") == "john@example.com"
    assert folded("STRASSE") == folded("straße")


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2008, 1, 15)])
def test_dates_of_birth_of_adults_are_accepted(day: date) -> None:
    assert rules.date_of_birth(day, TODAY) == day


@pytest.mark.parametrize("day", [date(2008, 1, 16), date(2026, 1, 14)])
def test_dates_of_birth_under_18_years_are_rejected(day: date) -> None:
    with pytest.raises(ValueError, match="at least 18 years"):
        rules.date_of_birth(day, TODAY)


def test_leap_day_birth_comes_of_age_on_first_march() -> None:
    with pytest.raises(ValueError, match="at least 18 years"):
        rules.date_of_birth(date(2008, 2, 29), date(2026, 2, 28))
    assert rules.date_of_birth(date(2008, 2, 29), date(2026, 3, 1)) == date(2008, 2, 29)


@pytest.mark.parametrize("text", ["\ufdfa" * 15, "x" * 255])
def test_login_names_are_measured_after_normalisation(text: str) -> None:
    with pytest.raises(ValueError, match="at most 254"):
        rules.login_name(text)


def test_longest_email_is_a_login_name() -> None:
    assert rules.login_name("X" * 254) == "x" * 254


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
