"""Ids contain their moment, sort by it, and use one alphabet."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.shared.clock import from_millis
from chalicelib.shared.ids import derived_id, first_id_of, is_id, moment_of, new_id

MILLIS = st.integers(0, 253_402_300_799_999)


@given(MILLIS)
def test_id_contains_its_moment(millis: int) -> None:
    moment = from_millis(millis)

    made = new_id(moment)

    assert is_id(made)
    assert moment_of(made) == moment
    assert first_id_of(moment) <= made


@given(MILLIS, MILLIS)
def test_ids_sort_by_their_moments(one: int, other: int) -> None:
    earlier, later = sorted((one, other))

    assert first_id_of(from_millis(earlier)) <= first_id_of(from_millis(later))


def test_derived_id_is_deterministic() -> None:
    at = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)

    assert derived_id(at, "loan", "7") == derived_id(at, "loan", "7") != derived_id(at, "loan7", "")


def test_example_of_the_specification_is_parsed() -> None:
    assert moment_of("01ARYZ6S41TSV4RRFFQ69G5FAV") == datetime(2016, 7, 30, 22, 36, 16, 385_000, tzinfo=UTC)


@pytest.mark.parametrize("character", [*"ILOUaz_*- "])
def test_characters_of_other_alphabets_are_rejected(character: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        moment_of(f"01J{character}0000000000000000000000")
