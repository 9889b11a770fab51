"""Cursors: opaque, signed, and valid only for one user and list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.pagination import Cursors
from chalicelib.shared.errors import Unprocessable

POSITION = {"pk": {"S": "USER#1"}, "amount": {"N": "12"}}
NEW, OLD = b"n" * 32, b"o" * 32
cursors = Cursors(lambda: (NEW, OLD))

positions = st.dictionaries(st.text(), st.dictionaries(st.sampled_from("SN"), st.text()), max_size=5)


@given(st.text(), positions)
def test_sealed_position_can_be_opened(scope: str, position: dict[str, dict[str, str]]) -> None:
    assert cursors.open(scope, cursors.seal(scope, position)) == position


@given(st.text(max_size=8), st.text(max_size=8))
def test_other_lists_and_users_cannot_open_it(scope: str, other: str) -> None:
    sealed = cursors.seal(scope, POSITION)

    if scope != other:
        with pytest.raises(Unprocessable):
            cursors.open(other, sealed)


@given(st.integers(0, 200), st.sampled_from("ABCxyz019-_"))
def test_changed_cursor_is_rejected(index: int, character: str) -> None:
    sealed = cursors.seal("mine", POSITION)
    index %= len(sealed) - 1  # the last character may hold unused bits
    changed = sealed[:index] + character + sealed[index + 1 :]

    if changed != sealed:
        with pytest.raises(Unprocessable):
            cursors.open("mine", changed)


@pytest.mark.parametrize("text", ["", "a", "x" * 22, "é", "%%%", "\ud800", "AAAA====", " "])
def test_malformed_cursor_is_a_field_error(text: str) -> None:
    with pytest.raises(Unprocessable) as refusal:
        cursors.open("mine", text)

    assert [field for field, _ in refusal.value.errors] == ["cursor"]


def test_cursors_of_the_previous_key_open() -> None:
    sealed = Cursors(lambda: (OLD,)).seal("mine", POSITION)

    assert cursors.open("mine", sealed) == POSITION
    with pytest.raises(Unprocessable):
        Cursors(lambda: (NEW,)).open("mine", sealed)


def test_cursor_needs_no_url_encoding() -> None:
    sealed = cursors.seal("mine", {"name": {"S": "ß?&=+/"}})

    assert sealed.isascii()
    assert set(sealed).isdisjoint("?&=+/ ")
