"""Unit-periods of Regulation Z."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from chalicelib.lending_math.due_dates import Interval
from chalicelib.lending_math.unit_periods import (
    Unit,
    UnitPeriod,
    UnitTime,
    unit_period_of_interval,
    unit_period_of_term,
)
from tests.unit.lending_math.published_cases import read_published

STATED = {name: case for name, case in read_published("apr_us.json").items() if "f" in case}


@pytest.mark.parametrize("name", STATED)
def test_first_period_matches_published_count(name: str) -> None:
    case: dict[str, Any] = STATED[name]
    unit, count = case["unit"]

    found = UnitPeriod(Unit(unit), count).between(date.fromisoformat(case["start"]), date.fromisoformat(case["first"]))

    assert found == UnitTime(case["t"], Fraction(case["f"]))


@pytest.mark.parametrize(
    ("unit", "count", "end", "expected"),
    [
        # andrewmurphy353/curo, test/daycounts/us_appendix_j_test.dart
        (Unit.MONTH, 1, date(2026, 2, 15), UnitTime(1, Fraction(5, 30))),
        (Unit.MONTH, 1, date(2027, 3, 15), UnitTime(14, Fraction(5, 30))),
        (Unit.WEEK, 1, date(2026, 1, 20), UnitTime(1, Fraction(3, 7))),
        (Unit.MONTH, 3, date(2026, 5, 1), UnitTime(1, Fraction(22, 90))),
        (Unit.MONTH, 6, date(2026, 8, 1), UnitTime(1, Fraction(22, 180))),
        # Appendix J (b)(5)(v): years, then months where they are whole, else days.
        (Unit.YEAR, 1, date(2028, 1, 10), UnitTime(2)),
        (Unit.YEAR, 1, date(2027, 7, 10), UnitTime(1, Fraction(6, 12))),
        (Unit.YEAR, 1, date(2027, 7, 11), UnitTime(1, Fraction(182, 365))),
        (Unit.SEMIMONTH, 1, date(2026, 2, 26), UnitTime(3, Fraction(1, 15))),
        (Unit.DAY, 15, date(2026, 2, 11), UnitTime(2, Fraction(2, 15))),
    ],
)
def test_unit_periods_are_counted_back(unit: Unit, count: int, end: date, expected: UnitTime) -> None:
    assert UnitPeriod(unit, count).between(date(2026, 1, 10), end) == expected


@pytest.mark.parametrize(
    ("unit", "count", "per_year"),
    [
        (Unit.DAY, 1, Fraction(365)),
        (Unit.WEEK, 4, Fraction(13)),
        (Unit.SEMIMONTH, 1, Fraction(24)),
        (Unit.MONTH, 1, Fraction(12)),
        (Unit.MONTH, 5, Fraction(12, 5)),
        (Unit.YEAR, 1, Fraction(1)),
    ],
)
def test_unit_periods_per_year_are_correct(unit: Unit, count: int, per_year: Fraction) -> None:
    assert UnitPeriod(unit, count).per_year == per_year


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (date(2026, 7, 10), UnitPeriod(Unit.MONTH, 6)),
        (date(2026, 7, 11), UnitPeriod(Unit.DAY, 182)),
        (date(2027, 1, 10), UnitPeriod(Unit.YEAR)),
        (date(2028, 3, 4), UnitPeriod(Unit.YEAR)),
    ],
)
def test_single_payment_uses_its_term_as_unit(end: date, expected: UnitPeriod) -> None:
    assert unit_period_of_term(date(2026, 1, 10), end) == expected


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval(months=1), UnitPeriod(Unit.MONTH)),
        (Interval(months=12), UnitPeriod(Unit.YEAR)),
        (Interval(days=14), UnitPeriod(Unit.WEEK, 2)),
        (Interval(days=15), UnitPeriod(Unit.DAY, 15)),
    ],
)
def test_regular_payments_use_their_interval_as_unit(interval: Interval, expected: UnitPeriod) -> None:
    assert unit_period_of_interval(interval) == expected
