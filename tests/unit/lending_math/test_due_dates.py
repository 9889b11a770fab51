"""Due dates of instalments."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.due_dates import Frequency, Interval, add_months, due_dates, interval_of
from chalicelib.lending_math.errors import InvalidTerms
from tests.unit.lending_math.published_cases import read_published

DAYS = st.dates(date(1999, 1, 1), date(2101, 12, 31))


@pytest.mark.parametrize("case", read_published("days.json")["due_dates"], ids=lambda case: case["first"])
def test_due_dates_match_published_dates(case: dict[str, list[str]]) -> None:
    first = date.fromisoformat(str(case["first"]))

    found = due_dates(first - timedelta(days=20), len(case["dates"]), first_due_date=first)

    assert [day.isoformat() for day in found] == case["dates"]


def test_month_end_returns_after_a_short_month() -> None:
    found = due_dates(date(2026, 1, 31), 4)

    assert found == (date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31))


def test_anchor_day_is_kept_after_a_short_month() -> None:
    found = due_dates(date(2026, 1, 31), 2, first_due_date=date(2026, 2, 28), anchor_day=31)

    assert found == (date(2026, 2, 28), date(2026, 3, 31))


@pytest.mark.parametrize(("frequency", "days"), [(Frequency.WEEKLY, 7), ("biweekly", 14), (Interval(days=15), 15)])
def test_day_frequencies_step_by_days(frequency: Frequency | Interval | str, days: int) -> None:
    start = date(2024, 2, 20)

    found = due_dates(start, 3, frequency)

    assert found == tuple(start + timedelta(days=days * k) for k in (1, 2, 3))


def test_month_interval_steps_by_months() -> None:
    found = due_dates(date(2024, 8, 31), 3, Interval(months=3))

    assert found == (date(2024, 11, 30), date(2025, 2, 28), date(2025, 5, 31))


@pytest.mark.parametrize("parts", [{}, {"months": 1, "days": 1}, {"months": -1}, {"days": -7}])
def test_interval_of_months_and_days_is_rejected(parts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="interval"):
        Interval(**parts)


def test_unknown_frequency_is_rejected() -> None:
    with pytest.raises(ValueError, match="yearly"):
        interval_of("yearly")


@pytest.mark.parametrize("first_due_date", [date(2024, 1, 1), date(2023, 12, 31)])
def test_first_due_date_before_start_is_rejected(first_due_date: date) -> None:
    with pytest.raises(InvalidTerms):
        due_dates(date(2024, 1, 1), 3, first_due_date=first_due_date)


def test_schedule_without_due_date_is_rejected() -> None:
    with pytest.raises(InvalidTerms):
        due_dates(date(2024, 1, 1), 0)


@pytest.mark.parametrize("frequency", Frequency)
def test_due_dates_after_year_9999_are_rejected(frequency: Frequency) -> None:
    with pytest.raises(InvalidTerms):
        due_dates(date(9999, 12, 1), 30, frequency)


@given(DAYS, st.integers(1, 360))
def test_due_dates_are_monthly_on_the_anchor_day(start: date, periods: int) -> None:
    found = due_dates(start, periods)

    months = [day.year * 12 + day.month for day in (start, *found)]
    assert months == list(range(months[0], months[0] + periods + 1))
    assert all(day.day == start.day or (day + timedelta(days=1)).day == 1 for day in found)
    assert all(day.day <= start.day for day in found)


@given(DAYS, st.integers(-500, 500))
def test_adding_and_subtracting_months_is_reversible(day: date, months: int) -> None:
    back = add_months(add_months(day, months), -months)

    assert (back.year, back.month) == (day.year, day.month)
    assert back.day == min(day.day, add_months(day, months).day) or back == day
