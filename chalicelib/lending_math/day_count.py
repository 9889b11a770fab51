"""Day counts: the part of a year between two dates, as an exact fraction."""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

from chalicelib.lending_math.due_dates import MONTHS_PER_YEAR, add_months

_FEBRUARY: Final = 2
_LAST_OF_30: Final = 30


class DayCount(StrEnum):
    """Day count conventions.

    ``30/360`` counts whole months as twelfths of a year and the remaining days as a fraction of the actual
    month. ``30E/360`` and ``30U/360`` treat every month as 30 days.
    """

    D30_360_MONTHS = "30/360"
    D30E_360 = "30E/360"
    D30U_360 = "30U/360"
    ACT_365 = "ACT/365"
    ACT_360 = "ACT/360"
    ACT_ACT_ISDA = "ACT/ACT"

    @classmethod
    def _missing_(cls, value: object) -> DayCount | None:
        return cls.ACT_ACT_ISDA if value == "ACT/ACT ISDA" else None


def year_fraction(start: date, end: date, convention: DayCount | str = DayCount.D30_360_MONTHS) -> Fraction:
    """Calculate the years from start to end, exact.

    - ``30/360``: whole months are counted back from the end (twelfths of a year); the remaining days at the
      start are a part of their month: 15 January – 1 February is 17/31 of a twelfth. Month ends count as the
      same day: 31 January – 28 February is one month.
    - ``30E/360``: a 31st becomes the 30th.
    - ``30U/360``: the US rule; a start on the last of February counts as the 30th, and so does an end there
      if the start is one too; an end on the 31st becomes the 30th if the start is the 30th or 31st.
    - ``ACT/365``, ``ACT/360``: actual days over 365 or 360, in leap years too.
    - ``ACT/ACT``: ISDA; days in leap years over 366, the others over 365.

    Args:
        start: the first day; it is counted, the end is not.
        end: the same day or a later one.
        convention: a ``DayCount`` or its name.

    Returns:
        Years, 0 or more.

    Raises:
        ValueError: the end is before the start, or there is no such convention.

    Source: 2006 ISDA Definitions, section 4.16; for February in 30U/360 the SIFMA Standard Securities
        Calculation Methods; for the remaining days in 30/360 the rule of Regulation Z, Appendix J (b)(5)(ii),
        that months are counted back from the later date.
    """
    if end < start:
        raise ValueError(f"{end} is before {start}")
    return _RULES[DayCount(convention)](start, end)


def whole_months_back(start: date, end: date) -> tuple[int, date]:
    """Count the whole months between two dates back from the end; return them and the date on which they begin.

    From month end to month end is whole: 31 January – 28 February is one month and no remaining days.

    >>> whole_months_back(date(2024, 1, 15), date(2024, 3, 1))
    (1, datetime.date(2024, 2, 1))
    """
    months = (end.year - start.year) * MONTHS_PER_YEAR + end.month - start.month
    if add_months(start, months) == end:
        return months, start
    while (begin := add_months(end, -months)) < start:
        months -= 1
    return months, begin


def _months(start: date, end: date) -> Fraction:
    months, begin = whole_months_back(start, end)
    if begin == start:
        return Fraction(months, MONTHS_PER_YEAR)
    month_before = add_months(end, -months - 1)
    return Fraction(months, MONTHS_PER_YEAR) + Fraction(
        (begin - start).days, MONTHS_PER_YEAR * (begin - month_before).days
    )


def _thirty_day_months(start: date, end: date, first_day: int, last_day: int) -> Fraction:
    return Fraction(360 * (end.year - start.year) + 30 * (end.month - start.month) + last_day - first_day, 360)


def _thirty_e(start: date, end: date) -> Fraction:
    return _thirty_day_months(start, end, min(start.day, _LAST_OF_30), min(end.day, _LAST_OF_30))


def _thirty_u(start: date, end: date) -> Fraction:
    first_day = _LAST_OF_30 if _ends_february(start) else min(start.day, _LAST_OF_30)
    last_day = end.day
    both_end_february = _ends_february(start) and _ends_february(end)
    if both_end_february or (last_day > _LAST_OF_30 and first_day == _LAST_OF_30):
        last_day = _LAST_OF_30
    return _thirty_day_months(start, end, first_day, last_day)


def _ends_february(day: date) -> bool:
    return day.month == _FEBRUARY and day.day == monthrange(day.year, day.month)[1]


def _isda(start: date, end: date) -> Fraction:
    if start.year == end.year:
        return Fraction((end - start).days, _days_of(start.year))
    first = Fraction((date(start.year + 1, 1, 1) - start).days, _days_of(start.year))
    last = Fraction((end - date(end.year, 1, 1)).days, _days_of(end.year))
    return first + (end.year - start.year - 1) + last


def _days_of(year: int) -> int:
    return 366 if isleap(year) else 365


def _actual_365(start: date, end: date) -> Fraction:
    return Fraction((end - start).days, 365)


def _actual_360(start: date, end: date) -> Fraction:
    return Fraction((end - start).days, 360)


_RULES: Final[dict[DayCount, Callable[[date, date], Fraction]]] = {
    DayCount.D30_360_MONTHS: _months,
    DayCount.D30E_360: _thirty_e,
    DayCount.D30U_360: _thirty_u,
    DayCount.ACT_365: _actual_365,
    DayCount.ACT_360: _actual_360,
    DayCount.ACT_ACT_ISDA: _isda,
}
