"""Parts of a year between two dates."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.day_count import DayCount, whole_months_back, year_fraction
from chalicelib.lending_math.due_dates import add_months
from tests.unit.loans.published_cases import published

DAYS = st.dates(date(1999, 1, 1), date(2101, 12, 31))
PUBLISHED = [
    pytest.param(group["convention"], *case, id=f"{group['convention']} {case[0]} {case[1]}")
    for group in published("days.json")["fractions"]
    for case in group["cases"]
]


@pytest.mark.parametrize(("convention", "start", "end", "expected"), PUBLISHED)
def test_the_year_fraction_is_the_published_one(convention: str, start: str, end: str, expected: str) -> None:
    found = year_fraction(date.fromisoformat(start), date.fromisoformat(end), convention)

    assert found == Fraction(expected)


@pytest.mark.parametrize("convention", ["ACT/365", "ACT/ACT"])
def test_the_rate_of_each_month_is_the_published_one(convention: str) -> None:
    case = published("days.json")["rate_factors"]
    days = [date.fromisoformat(day) for day in case["dates"]]
    rate = Fraction(Decimal(case["rate"]))

    factors = [rate * year_fraction(start, end, convention) for start, end in pairwise(days)]

    expected = [Fraction(Decimal(factor)) for factor in case["factors"][convention]]
    assert [round(factor, 12) for factor in factors] == expected


@pytest.mark.parametrize(
    ("start", "end", "twelfths"),
    [
        (date(2024, 1, 15), date(2024, 2, 1), Fraction(17, 31)),
        (date(2024, 1, 15), date(2024, 3, 1), 1 + Fraction(17, 31)),
        (date(2024, 2, 1), date(2024, 2, 15), Fraction(14, 31)),
        (date(2024, 1, 31), date(2024, 2, 29), Fraction(1)),
        (date(2024, 2, 29), date(2024, 3, 31), Fraction(1)),
        (date(2023, 1, 31), date(2024, 1, 31), Fraction(12)),
        (date(2024, 5, 5), date(2024, 5, 5), Fraction(0)),
    ],
)
def test_months_count_back_from_the_end_and_the_days_left_are_part_of_a_real_month(
    start: date, end: date, twelfths: Fraction
) -> None:
    assert year_fraction(start, end, "30/360") == twelfths / 12


@pytest.mark.parametrize(
    ("start", "end", "us", "european"),
    [
        (date(2023, 2, 28), date(2023, 3, 31), 30, 32),
        (date(2024, 2, 29), date(2025, 2, 28), 360, 359),
        (date(2024, 2, 28), date(2024, 2, 29), 1, 1),
        (date(2024, 1, 15), date(2024, 1, 31), 16, 15),
        (date(2024, 1, 30), date(2024, 1, 31), 0, 0),
    ],
)
def test_the_us_and_the_european_rule_differ_at_month_ends(start: date, end: date, us: int, european: int) -> None:
    assert year_fraction(start, end, DayCount.D30U_360) == Fraction(us, 360)
    assert year_fraction(start, end, DayCount.D30E_360) == Fraction(european, 360)


@pytest.mark.parametrize("convention", DayCount)
def test_no_time_passes_on_one_day_and_none_runs_backwards(convention: DayCount) -> None:
    day = date(2024, 2, 29)

    assert year_fraction(day, day, convention) == 0
    with pytest.raises(ValueError, match="is before"):
        year_fraction(day, day - timedelta(days=1), convention)


def test_actual_over_actual_is_known_by_its_full_name_too() -> None:
    assert DayCount("ACT/ACT ISDA") is DayCount.ACT_ACT_ISDA


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(ValueError, match="ACT/364"):
        year_fraction(date(2024, 1, 1), date(2024, 2, 1), "ACT/364")


@given(DAYS, st.integers(0, 400))
def test_months_of_any_anchor_are_twelfths(anchor: date, months: int) -> None:
    assert year_fraction(anchor, add_months(anchor, months)) == Fraction(months, 12)


@given(DAYS, DAYS)
def test_whole_months_counted_back_leave_less_than_a_month(one: date, other: date) -> None:
    start, end = sorted((one, other))

    months, begin = whole_months_back(start, end)

    assert start <= begin <= end
    assert begin == start or add_months(end, -months - 1) < start
    assert begin in (start, add_months(end, -months))


@given(DAYS, st.integers(0, 20_000), st.integers(0, 20_000), st.sampled_from(list(DayCount)[3:]))
def test_actual_days_add_up(start: date, first: int, second: int, convention: DayCount) -> None:
    middle = start + timedelta(days=first)
    end = middle + timedelta(days=second)

    parts = year_fraction(start, middle, convention) + year_fraction(middle, end, convention)

    assert parts == year_fraction(start, end, convention)


@given(DAYS, st.integers(0, 2_000), st.sampled_from(DayCount))
def test_no_convention_is_more_than_a_few_days_off(start: date, days: int, convention: DayCount) -> None:
    end = start + timedelta(days=days)

    assert abs(year_fraction(start, end, convention) * 365 - days) <= 4 + days * Fraction(5, 360)
