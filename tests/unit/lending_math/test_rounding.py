"""Rounding of ratios to cents."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.rounding import Rounding, round_ratio, round_to_multiple
from chalicelib.shared.money import Money, round_half_even


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**9))
def test_money_is_rounded_half_even(numerator: int, denominator: int) -> None:
    assert round_ratio(numerator, denominator) == round_half_even(Fraction(numerator, denominator))


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        (Rounding.HALF_EVEN, [2, 2, 3, 4]),
        (Rounding.HALF_UP, [2, 3, 3, 4]),
        (Rounding.UP, [2, 3, 3, 4]),
        (Rounding.DOWN, [2, 2, 2, 3]),
    ],
)
def test_roundings_differ_at_ties(rounding: Rounding, expected: list[int]) -> None:
    halves_and_near = [(4, 2), (5, 2), (26, 10), (7, 2)]

    assert [round_ratio(*ratio, rounding) for ratio in halves_and_near] == expected


@pytest.mark.parametrize(
    ("rounding", "expected"), [(Rounding.HALF_EVEN, 30_000), (Rounding.UP, 30_100), (Rounding.DOWN, 30_000)]
)
def test_cents_are_rounded_to_the_multiple(rounding: Rounding, expected: int) -> None:
    assert round_to_multiple(Fraction(60_049, 2), Money(100), rounding) == expected
