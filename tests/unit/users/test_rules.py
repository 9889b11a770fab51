"""Names, e-mails and personal details: what is kept, what is the same, what is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.shared.errors import Unprocessable
from chalicelib.users.domain import field_rules as rules
from chalicelib.users.domain.field_rules import Checks, folded

TODAY = date(2026, 1, 15)


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("john_borrower", "john_borrower"),
        (" Sarah.Lender ", "Sarah.Lender"),
        ("a-1", "a-1"),
        ("ＪＯＨＮ", "JOHN"),
    ],
)
def test_a_username_keeps_its_case_and_loses_what_cannot_be_seen(given_text: str, kept: str) -> None:
    assert rules.username(given_text) == kept


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
def test_a_username_that_could_mislead_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"give|use"):
        rules.username(text)


@given(st.text(max_size=70))
def test_a_username_that_passes_is_a_key_without_surprises(text: str) -> None:
    try:
        kept = rules.username(text)
    except ValueError:
        return

    assert rules.username(kept) == kept
    assert kept.isascii()
    assert folded(kept) == kept.lower()


@pytest.mark.parametrize("text", ["John@Example.com", "a.b+c@sub.example.co", "x@1.2.io", "o'neil@example.com"])
def test_an_email_is_kept_as_it_is_written(text: str) -> None:
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
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="give an e-mail address"):
        rules.email(text)


def test_names_are_compared_without_regard_to_case_and_width() -> None:
    assert folded("JOHN@Example.COM") == folded("ｊｏｈｎ@example.com ") == "john@example.com"
    assert folded("STRASSE") == folded("straße")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(("text", "kept"), [("  Zoë ", "Zoë"), ("Zoe\u0308", "Zoë"), ("", ""), ("李 小龙", "李 小龙")])
def test_people_have_names_of_every_script(text: str, kept: str) -> None:
    assert rules.name(text) == kept


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\u2028b", "\ud800", "a\x1b[31mb", "x" * 101])
def test_a_name_is_one_line_of_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"control characters|at most 100"):
        rules.name(text)


def test_an_address_may_be_longer_than_a_name() -> None:
    assert rules.address("x" * 300) == "x" * 300
    with pytest.raises(ValueError, match="at most 300"):
        rules.address("x" * 301)


@pytest.mark.parametrize("text", ["+1 555 0100", "(030) 123456-7", "0123456789", "+49.30.1234", "1234567890/12"])
def test_telephone_numbers_are_written_in_many_ways(text: str) -> None:
    assert rules.phone_number(text) == text


@pytest.mark.parametrize("text", ["", "1234", "call me", "++1 555 0100", "٠١٢٣٤٥٦٧٨٩", "1" * 33, "555-0100-"])
def test_what_cannot_be_dialled_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"give a telephone number|at most"):
        rules.phone_number(text)


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2026, 1, 14)])
def test_a_birthday_lies_in_the_past(day: date) -> None:
    assert rules.birthday(day, TODAY) == day


@pytest.mark.parametrize("day", [date(1899, 12, 31), TODAY, date(2030, 1, 1)])
def test_nobody_was_born_today_or_long_ago(day: date) -> None:
    with pytest.raises(ValueError, match="in the past"):
        rules.birthday(day, TODAY)


def test_all_wrong_fields_are_named_at_once() -> None:
    checks = Checks()
    checks.read("username", rules.username, "a b")
    checks.read("email", rules.email, "john@example.com")
    checks.read_if_given("profile.phone_number", rules.phone_number, "x")
    checks.read_if_given("profile.address", rules.address, None)

    with pytest.raises(Unprocessable) as refusal:
        checks.on_condition_failed()

    assert [field for field, _ in refusal.value.errors] == ["username", "profile.phone_number"]
