"""Day counts between two dates."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.day_count import DayCount, whole_months_back, year_fraction
from chalicelib.lending_math.due_dates import add_months
from tests.unit.lending_math.published_cases import read_published

DAYS = st.dates(date(1999, 1, 1), date(2101, 12, 31))
PUBLISHED = [
    pytest.param(group["convention"], *case, id=f"{group['convention']} {case[0]} {case[1]}")
    for group in read_published("days.json")["fractions"]
    for case in group["cases"]
]


@pytest.mark.parametrize(("convention", "start", "end", "expected"), PUBLISHED)
def test_year_fraction_matches_published_values(convention: str, start: str, end: str, expected: str) -> None:
    found = year_fraction(date.fromisoformat(start), date.fromisoformat(end), convention)

    assert found == Fraction(expected)


@pytest.mark.parametrize("convention", ["ACT/365", "ACT/ACT"])
def test_monthly_rates_match_published_values(convention: str) -> None:
    case = read_published("days.json")["rate_factors"]
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
def test_remaining_days_are_part_of_an_actual_month(start: date, end: date, twelfths: Fraction) -> None:
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
def test_us_and_european_rules_differ_at_month_end(start: date, end: date, us: int, european: int) -> None:
    assert year_fraction(start, end, DayCount.D30U_360) == Fraction(us, 360)
    assert year_fraction(start, end, DayCount.D30E_360) == Fraction(european, 360)


@pytest.mark.parametrize("convention", DayCount)
def test_same_day_is_zero_and_reversal_rejected(convention: DayCount) -> None:
    day = date(2024, 2, 29)

    assert year_fraction(day, day, convention) == 0
    with pytest.raises(ValueError, match="is before"):
        year_fraction(day, day - timedelta(days=1), convention)


def test_isda_convention_has_two_names() -> None:
    assert DayCount("ACT/ACT ISDA") is DayCount.ACT_ACT_ISDA


def test_unknown_convention_is_rejected() -> None:
    with pytest.raises(ValueError, match="ACT/364"):
        year_fraction(date(2024, 1, 1), date(2024, 2, 1), "ACT/364")


@given(DAYS, st.integers(0, 400))
def test_whole_months_are_twelfths_of_a_year(anchor: date, months: int) -> None:
    assert year_fraction(anchor, add_months(anchor, months)) == Fraction(months, 12)


@given(DAYS, DAYS)
def test_remaining_days_are_less_than_a_month(one: date, other: date) -> None:
    start, end = sorted((one, other))

    months, begin = whole_months_back(start, end)

    assert start <= begin <= end
    assert begin == start or add_months(end, -months - 1) < start
    assert begin in (start, add_months(end, -months))


@given(DAYS, st.integers(0, 20_000), st.integers(0, 20_000), st.sampled_from(list(DayCount)[3:]))
def test_actual_day_fractions_are_additive(start: date, first: int, second: int, convention: DayCount) -> None:
    middle = start + timedelta(days=first)
    end = middle + timedelta(days=second)

    parts = year_fraction(start, middle, convention) + year_fraction(middle, end, convention)

    assert parts == year_fraction(start, end, convention)


@given(DAYS, st.integers(0, 2_000), st.sampled_from(DayCount))
def test_conventions_differ_by_few_days(start: date, days: int, convention: DayCount) -> None:
    end = start + timedelta(days=days)

    assert abs(year_fraction(start, end, convention) * 365 - days) <= 4 + days * Fraction(5, 360)
