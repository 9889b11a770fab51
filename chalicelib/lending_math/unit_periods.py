"""Time by Regulation Z: whole unit-periods and a fraction of one."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from chalicelib.lending_math.day_count import whole_months_back
from chalicelib.lending_math.due_dates import MONTHS_PER_YEAR, Interval, add_months

_DAYS_A_YEAR: Final = 365
_WEEKS_A_YEAR: Final = 52
_DAYS_A_WEEK: Final = 7
_DAYS_A_MONTH: Final = 30
_DAYS_A_SEMIMONTH: Final = 15


class UnitTime(NamedTuple):
    """A time after the start: ``whole`` unit-periods t and a ``fraction`` f of one."""

    whole: int
    fraction: Fraction = Fraction(0)


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    SEMIMONTH = "semimonth"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """A unit-period: some days, weeks or months, half a month, or a year.

    ``UnitPeriod(Unit.WEEK, 4)`` is four weeks; semimonths and years have a count of 1.
    """

    unit: Unit = Unit.MONTH
    count: int = 1

    @property
    def per_year(self) -> Fraction:
        """The number of unit-periods in a year: 12 months, 24 semimonths, 52 weeks, 365 days."""
        if self.unit is Unit.YEAR:
            return Fraction(1)
        if self.unit is Unit.SEMIMONTH:
            return Fraction(2 * MONTHS_PER_YEAR)
        yearly = {Unit.DAY: _DAYS_A_YEAR, Unit.WEEK: _WEEKS_A_YEAR, Unit.MONTH: MONTHS_PER_YEAR}
        return Fraction(yearly[self.unit], self.count)

    def between(self, start: date, end: date) -> UnitTime:
        """Calculate the unit-periods from one date to a later one (or the same).

        Months are counted back from the later date, and remaining days are days of months of 30. For years, the
        rest counts in twelfths if it is whole months, else in days of 365.

        Source: Regulation Z (12 CFR 1026), Appendix J, (b)(5).
        """
        if self.unit in (Unit.DAY, Unit.WEEK):
            days_each = self.count * (_DAYS_A_WEEK if self.unit is Unit.WEEK else 1)
            return _divided((end - start).days, days_each)
        months, begin = whole_months_back(start, end)
        odd_days = (begin - start).days
        if self.unit is Unit.YEAR:
            return _years(start, end, months, odd_days)
        days_each = _DAYS_A_SEMIMONTH if self.unit is Unit.SEMIMONTH else _DAYS_A_MONTH * self.count
        if days_each == _DAYS_A_MONTH:
            return UnitTime(months, Fraction(odd_days, _DAYS_A_MONTH))
        return _divided(_DAYS_A_MONTH * months + odd_days, days_each)


def unit_period_of_term(start: date, end: date) -> UnitPeriod:
    """Return the unit-period of one advance repaid by one payment: the term itself if it is shorter than a year.

    Source: Regulation Z (12 CFR 1026), Appendix J, (b)(5)(vi) and (vii).
    """
    months, begin = whole_months_back(start, end)
    if months >= MONTHS_PER_YEAR:
        return UnitPeriod(Unit.YEAR)
    if begin == start:
        return UnitPeriod(Unit.MONTH, months)
    return UnitPeriod(Unit.DAY, (end - start).days)


def unit_period_of_interval(interval: Interval) -> UnitPeriod:
    """Return the unit-period of regular payments: the interval between two of them."""
    if interval.months:
        return UnitPeriod(Unit.YEAR) if interval.months == MONTHS_PER_YEAR else UnitPeriod(count=interval.months)
    weeks, odd_days = divmod(interval.days, _DAYS_A_WEEK)
    return UnitPeriod(Unit.DAY, interval.days) if odd_days else UnitPeriod(Unit.WEEK, weeks)


def _divided(days: int, days_each: int) -> UnitTime:
    whole, rest = divmod(days, days_each)
    return UnitTime(whole, Fraction(rest, days_each))


def _years(start: date, end: date, months: int, odd_days: int) -> UnitTime:
    years, months_over = divmod(months, MONTHS_PER_YEAR)
    if not odd_days:
        return UnitTime(years, Fraction(months_over, MONTHS_PER_YEAR))
    begin = add_months(end, -years * MONTHS_PER_YEAR)
    return UnitTime(years, Fraction((begin - start).days, _DAYS_A_YEAR))
