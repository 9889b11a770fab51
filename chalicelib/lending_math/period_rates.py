"""Exact interest rates of the periods between due dates."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from chalicelib.lending_math.day_count import DayCount, year_fraction
from chalicelib.lending_math.due_dates import MONTHS_PER_YEAR, Interval

_DAYS_A_WEEK: Final = 7
_WEEKS_A_YEAR: Final = 52
_DAYS_A_30_360_YEAR: Final = 360


def regular_period(interval: Interval) -> Fraction:
    """Calculate a regular period in years under 30/360: months of 1/12, weeks of 1/52, other days of 1/360.

    >>> [str(regular_period(each)) for each in (Interval(months=1), Interval(days=14), Interval(days=15))]
    ['1/12', '1/26', '1/24']
    """
    if interval.months:
        return Fraction(interval.months, MONTHS_PER_YEAR)
    weeks, odd_days = divmod(interval.days, _DAYS_A_WEEK)
    return Fraction(interval.days, _DAYS_A_30_360_YEAR) if odd_days else Fraction(weeks, _WEEKS_A_YEAR)


def period_rates(
    ratio: Fraction, start: date, dates: Sequence[date], interval: Interval, day_count: DayCount
) -> list[Fraction]:
    """Calculate the interest of one unit of money in each period, the first from the start to ``dates[0]``.

    Under ``30/360`` all periods but the first are regular, whatever their days; a first period of another
    length counts its days. Every other convention counts the days of each period.

    Args:
        ratio: the yearly rate, 0 or more.
        start: the day from which interest accrues.
        dates: the due dates in order, ``interval`` apart from the first on.
        interval: the interval between two due dates.
        day_count: the convention.
    """
    if day_count is not DayCount.D30_360_MONTHS:
        starts = (start, *dates[:-1])
        return [ratio * year_fraction(begin, end, day_count) for begin, end in zip(starts, dates, strict=True)]
    period = regular_period(interval)
    first_period = (
        year_fraction(start, dates[0]) if interval.months else period * Fraction((dates[0] - start).days, interval.days)
    )
    regular = ratio * period
    first = regular if first_period == period else ratio * first_period
    return [first, *[regular] * (len(dates) - 1)]
