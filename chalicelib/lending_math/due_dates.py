"""Due dates of instalments: frequencies, and dates that keep the anchor's day of the month."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.lending_math.errors import InvalidTerms

MONTHS_PER_YEAR: Final = 12
_LAST_MONTH: Final = MAXYEAR * MONTHS_PER_YEAR + MONTHS_PER_YEAR - 1
_IN_EVERY_MONTH: Final = 28
_PAST_THE_CALENDAR: Final = "The last instalment falls due after the year 9999."


@dataclass(frozen=True, slots=True)
class Interval:
    """The time from one due date to the next: whole months, or whole days, never both.

    Raises:
        ValueError: both or neither are given, or one is negative.
    """

    months: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        if min(self.months, self.days) != 0 or max(self.months, self.days) < 1:
            raise ValueError("an interval is a number of months or a number of days")


class Frequency(StrEnum):
    """Instalment frequencies."""

    MONTHLY = "monthly"
    BIWEEKLY = "biweekly"
    WEEKLY = "weekly"


_INTERVALS: Final = {
    Frequency.MONTHLY: Interval(months=1),
    Frequency.BIWEEKLY: Interval(days=14),
    Frequency.WEEKLY: Interval(days=7),
}


def interval_of(frequency: Frequency | Interval | str) -> Interval:
    """Return the interval of a frequency (or of its name); an interval is returned unchanged."""
    return frequency if isinstance(frequency, Interval) else _INTERVALS[Frequency(frequency)]


def add_months(anchor: date, months: int, *, anchor_day: int | None = None) -> date:
    """Return the same day of the month, some months later or earlier; a shorter month gives its last day.

    Count from the anchor, never from the last due date: 31 January, then 28 February, then **31** March.

    Args:
        anchor: the date that is counted from.
        months: how many months; may be negative.
        anchor_day: the day of the month to keep (1–31), if the anchor itself is the end of a shorter month.

    Raises:
        InvalidTerms: the result is outside the calendar.
    """
    month_index = anchor.year * MONTHS_PER_YEAR + anchor.month - 1 + months
    if not MONTHS_PER_YEAR <= month_index <= _LAST_MONTH:
        raise InvalidTerms(_PAST_THE_CALENDAR)
    year, month = divmod(month_index, MONTHS_PER_YEAR)
    day = anchor_day or anchor.day
    return date(year, month + 1, day if day <= _IN_EVERY_MONTH else min(day, monthrange(year, month + 1)[1]))


def months_between(start: date, end: date) -> int:
    """Return the number of calendar months from one date to another, whatever their days: 1 from 31 May to 1 June."""
    return (end.year - start.year) * MONTHS_PER_YEAR + end.month - start.month


def due_dates(
    start: date,
    periods: int,
    frequency: Frequency | Interval | str = Frequency.MONTHLY,
    first_due_date: date | None = None,
    *,
    anchor_day: int | None = None,
) -> tuple[date, ...]:
    """Calculate the due dates of a loan's instalments, in order.

    Args:
        start: the day of the disbursement; by default every due date is counted from it.
        periods: how many dates, 1 or more.
        frequency: the interval between them.
        first_due_date: an agreed first due date after the start; the later ones are then counted from it.
        anchor_day: the day of the month to keep (1–31) if it differs from the day of the date counted from, as
            after a reschedule in February of a loan that is due on the 31st. Months only.

    Raises:
        InvalidTerms: no period, a first due date that is not after the start, or dates past the year 9999.
    """
    if periods < 1:
        raise InvalidTerms("A schedule must have at least one instalment.")
    if first_due_date is not None and first_due_date <= start:
        raise InvalidTerms("The first due date must be after the start date.")
    anchor, skip = (start, 1) if first_due_date is None else (first_due_date, 0)
    interval = interval_of(frequency)
    if interval.months:
        steps = range(skip, periods + skip)
        return tuple(add_months(anchor, k * interval.months, anchor_day=anchor_day) for k in steps)
    if (date.max - anchor).days < interval.days * periods:
        raise InvalidTerms(_PAST_THE_CALENDAR)
    return tuple(anchor + timedelta(days=interval.days * (k + skip)) for k in range(periods))
