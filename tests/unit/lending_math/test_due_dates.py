"""Due dates of instalments."""

from datetime import date, timedelta
from typing import Any

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


@pytest.mark.parametrize(("frequency", "days"), [(Frequency.WEEKLY, 7), ("biweekly", 14), (Interval(days=15), 15)])
def test_day_frequencies_step_by_days(frequency: Frequency | Interval | str, days: int) -> None:
    start = date(2024, 2, 20)

    found = due_dates(start, 3, frequency)

    assert found == tuple(start + timedelta(days=days * k) for k in (1, 2, 3))


@pytest.mark.parametrize(
    ("start", "terms", "expected"),
    [
        ("2026-01-31", {}, ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2026-01-31", {"first_due_date": date(2026, 2, 28), "anchor_day": 31}, ["2026-02-28", "2026-03-31"]),
        ("2024-08-31", {"frequency": Interval(months=3)}, ["2024-11-30", "2025-02-28", "2025-05-31"]),
    ],
)
def test_anchor_day_returns_after_a_short_month(start: str, terms: dict[str, Any], expected: list[str]) -> None:
    found = due_dates(date.fromisoformat(start), len(expected), **terms)

    assert [str(day) for day in found] == expected


@pytest.mark.parametrize("parts", [{}, {"months": 1, "days": 1}, {"months": -1}, {"days": -7}])
def test_interval_of_months_and_days_is_rejected(parts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="interval"):
        Interval(**parts)


def test_unknown_frequency_is_rejected() -> None:
    with pytest.raises(ValueError, match="yearly"):
        interval_of("yearly")


@pytest.mark.parametrize(
    ("start", "periods", "terms"),
    [
        (date(2024, 1, 1), 3, {"first_due_date": date(2024, 1, 1)}),
        (date(2024, 1, 1), 3, {"first_due_date": date(2023, 12, 31)}),
        (date(2024, 1, 1), 0, {}),
        *((date(9999, 12, 1), 30, {"frequency": frequency}) for frequency in Frequency),
    ],
)
def test_impossible_due_dates_are_rejected(start: date, periods: int, terms: dict[str, Any]) -> None:
    with pytest.raises(InvalidTerms):
        due_dates(start, periods, **terms)


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
