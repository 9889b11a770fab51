"""Rates of return in percent a year: the APR of Regulation Z, the EU effective rate, and XIRR.

>>> from chalicelib.shared.money import Money
>>> monthly = [(month, Money.of("230.00")) for month in range(1, 25)]
>>> round(apr_us_actuarial([(0, Money.of("5000.00"))], monthly), 2)
Decimal('9.69')
>>> twelfths = [(Fraction(month, 12), amount) for month, amount in monthly]
>>> round(apr_eu([(0, Money.of("5000.00"))], twelfths), 2)
Decimal('10.13')
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import exp, expm1, log
from typing import Final, NamedTuple

from chalicelib.lending_math.day_count import whole_months_back
from chalicelib.lending_math.due_dates import MONTHS_PER_YEAR, Frequency, Interval, add_months, interval_of
from chalicelib.lending_math.errors import NoRateExists
from chalicelib.lending_math.root_finding import NoRoot, nearest_root
from chalicelib.lending_math.unit_periods import UnitPeriod, UnitTime, unit_period_of_interval, unit_period_of_term
from chalicelib.shared.money import BASIS_POINTS, Money, Rate

_HIGHEST_FORCE: Final = log(1e10)
_WIDEST_EXPONENT: Final = 600.0
_DECIMALS: Final = Decimal("1e-10")
_DAYS_A_YEAR: Final = 365
_WEEKS_A_YEAR: Final = 52
_NOT_ONE_TIME_LINE: Final = "give dates only, or times from the start only, and none before the start"


class YearCount(StrEnum):
    """Conversion of dates to years for the EU effective rate.

    - ``MONTHS``: whole months, counted back, are twelfths of a year; the remaining days are days of 365
      (Directive 2008/48/EC, Annex I, remark (c)). The usual one for consumer loans.
    - ``MONTHS_OF_LEAP_YEARS``: the same, but the days are divided by the 365 or 366 days of the year that
      ends with them (Directive 2014/17/EU, Annex I).
    - ``WEEKS``: whole weeks are fifty-seconds of a year; the remaining days are days of 365.
    - ``DAYS``: actual days over 365.
    """

    MONTHS = "months"
    MONTHS_OF_LEAP_YEARS = "months of leap years"
    WEEKS = "weeks"
    DAYS = "days"


class _Flow(NamedTuple):
    """An amount at ``whole`` periods (not always an integer) and a ``fraction`` with simple interest."""

    amount: float
    whole: float
    fraction: float = 0.0


def apr_us_actuarial(
    advances: Sequence[tuple[date | UnitTime | int, Money]],
    payments: Sequence[tuple[date | UnitTime | int, Money]],
    unit_period: UnitPeriod | None = None,
) -> Decimal:
    """Calculate the annual percentage rate by the actuarial method of Regulation Z.

    Finds the rate i of a unit-period at which Σ advance/((1 + f·i)(1 + i)ᵗ) equals the same sum over the
    payments; the APR is i times the unit-periods in a year.

    Args:
        advances: times and amounts that the borrower receives. A time is a date, or ``UnitTime(t, f)``, or a
            plain t in unit-periods from the first advance.
        payments: times and amounts that the borrower pays, in the same kind of time.
        unit_period: the usual interval between payments, such as ``UnitPeriod(Unit.WEEK, 4)``. By default a
            month; for dates of one advance and one payment, their term.

    Returns:
        Percent a year, to 1e-9: ``Decimal("9.6857080623")``.

    Raises:
        NoRateExists: no rate between −100 % and 10¹² % fits.
        ValueError: dates and unit times are mixed, or a time is before the first advance.

    Source: 12 CFR 1026, Appendix J, (b)(5) and (b)(8).
    """
    period = unit_period or _usual_unit_period(advances, payments)
    start = _first_date(advances)
    flows = [_unit_flow(amount.cents, when, start, period) for when, amount in advances]
    flows += [_unit_flow(-amount.cents, when, start, period) for when, amount in payments]
    return _percent(float(period.per_year) * expm1(_force(flows)))


def apr_eu(
    drawdowns: Sequence[tuple[date | Fraction | int, Money]],
    payments: Sequence[tuple[date | Fraction | int, Money]],
    year_count: YearCount | str = YearCount.MONTHS,
) -> Decimal:
    """Calculate the annual percentage rate of charge (effective rate) of the European Union.

    Finds the X at which Σ drawdown·(1 + X)⁻ᵗ equals Σ payment·(1 + X)⁻ˢ, t and s in years from the start.

    Args:
        drawdowns: times and amounts that the borrower receives. A time is a date, or years from the first
            drawdown as an exact ``Fraction`` (or int): ``Fraction(month, 12)``.
        payments: times and amounts that the borrower pays, initial costs included, in the same kind of time.
        year_count: the conversion of dates to years; without effect on fractions.

    Returns:
        Percent a year, to 1e-9: ``Decimal("10.1274652633")``.

    Raises:
        NoRateExists: no rate between −100 % and 10¹² % fits.
        ValueError: dates and fractions are mixed, or a time is before the first drawdown.

    Source: Directive 2008/48/EC, Annex I, part I, with the assumptions of 2011/90/EU.
    """
    start, count = _first_date(drawdowns), YearCount(year_count)
    flows = [_Flow(amount.cents, _years(when, start, count)) for when, amount in drawdowns]
    flows += [_Flow(-amount.cents, _years(when, start, count)) for when, amount in payments]
    return _percent(expm1(_force(flows)))


def xirr(flows: Sequence[tuple[date, Money]]) -> Decimal:
    """Calculate the yearly rate at which the present values of dated flows sum to zero.

    Days are counted from the earliest flow, over 365. If several rates fit, the one nearest to 0 % is returned.

    Args:
        flows: dates and signed amounts of one party, in any order: paid below zero, received above.

    Returns:
        Percent a year, −100 or more, to 1e-9: ``Decimal("37.3362533519")``.

    Raises:
        NoRateExists: the amounts all have one sign, or no rate up to 10¹² % fits.

    Source: Microsoft Excel, function XIRR; Brealey and Myers, Principles of Corporate Finance, chapter 5.
    """
    start = _first_date(flows)
    timed = [_Flow(amount.cents, _years(when, start, YearCount.DAYS)) for when, amount in flows]
    return _percent(expm1(_force(timed)))


@dataclass(frozen=True, slots=True)
class LoanRates:
    """Yearly rates of a loan to two decimals: the APR of Regulation Z and the effective rate of the EU."""

    apr: Rate
    effective_rate: Rate


def loan_rates(
    proceeds: Money,
    instalments: Sequence[Money],
    *,
    start_date: date,
    first_due_date: date,
    frequency: Frequency | Interval | str = Frequency.MONTHLY,
) -> LoanRates:
    """Calculate both yearly rates of a loan whose instalments are regular after the first.

    Args:
        proceeds: the amount that the borrower receives on the start date, fees deducted.
        instalments: the amounts that the borrower pays, in order, one per period.
        start_date: the day of the disbursement.
        first_due_date: the day of the first instalment; the first period may be odd.
        frequency: the interval between the later due dates.

    Raises:
        NoRateExists: the proceeds are not positive, or the rate exceeds 10¹² %.

    Source: as ``apr_us_actuarial`` and ``apr_eu``; without odd days both solve the same equation.
    """
    interval = interval_of(frequency)
    period = unit_period_of_interval(interval)
    per_year = float(period.per_year)
    first, fraction = period.between(start_date, first_due_date)
    received, rest = _Flow(proceeds.cents, 0.0), float(fraction)
    force = _force([received, *(_Flow(-amount.cents, first + k, rest) for k, amount in enumerate(instalments))])
    apr = _rate(per_year * expm1(force))
    if not fraction:
        if per_year * force > _HIGHEST_FORCE:
            raise NoRateExists
        return LoanRates(apr, _rate(expm1(per_year * force)))
    years = _years(first_due_date, start_date, YearCount.MONTHS if interval.months else YearCount.WEEKS)
    step = 1 / per_year
    force = _force([received, *(_Flow(-amount.cents, years + k * step) for k, amount in enumerate(instalments))])
    return LoanRates(apr, _rate(expm1(force)))


def _usual_unit_period(
    advances: Sequence[tuple[date | UnitTime | int, Money]],
    payments: Sequence[tuple[date | UnitTime | int, Money]],
) -> UnitPeriod:
    if len(advances) == len(payments) == 1:
        (start, _), (end, _) = advances[0], payments[0]
        if isinstance(start, date) and isinstance(end, date) and start < end:
            return unit_period_of_term(start, end)
    return UnitPeriod()


def _first_date(flows: Iterable[tuple[object, Money]]) -> date | None:
    return min((when for when, _ in flows if isinstance(when, date)), default=None)


def _unit_flow(cents: int, when: date | UnitTime | int, start: date | None, period: UnitPeriod) -> _Flow:
    if isinstance(when, date):
        if start is None or when < start:
            raise ValueError(_NOT_ONE_TIME_LINE)
        when = period.between(start, when)
    elif start is not None:
        raise ValueError(_NOT_ONE_TIME_LINE)
    whole, fraction = (when, Fraction(0)) if isinstance(when, int) else when
    return _Flow(cents, whole, float(fraction))


def _years(when: date | Fraction | int, start: date | None, year_count: YearCount) -> float:
    if not isinstance(when, date):
        if start is not None:
            raise ValueError(_NOT_ONE_TIME_LINE)
        return float(when)
    if start is None or when < start:
        raise ValueError(_NOT_ONE_TIME_LINE)
    if year_count is YearCount.DAYS:
        return (when - start).days / _DAYS_A_YEAR
    if year_count is YearCount.WEEKS:
        weeks, odd_days = divmod((when - start).days, 7)
        return weeks / _WEEKS_A_YEAR + odd_days / _DAYS_A_YEAR
    months, begin = whole_months_back(start, when)
    days_a_year = _DAYS_A_YEAR
    if year_count is YearCount.MONTHS_OF_LEAP_YEARS:
        days_a_year = (begin - add_months(begin, -MONTHS_PER_YEAR)).days
    return months / MONTHS_PER_YEAR + (begin - start).days / days_a_year


def _force(flows: Sequence[_Flow]) -> float:
    """The force of interest per period, ln(1 + i), at which the flows' present values sum to zero."""
    amounts = [flow.amount for flow in flows]
    horizon = max((flow.whole + flow.fraction for flow in flows), default=0.0)
    if not horizon or min(amounts) >= 0 or max(amounts) <= 0:
        raise NoRateExists
    try:
        return nearest_root(lambda force: _present(flows, force), -_WIDEST_EXPONENT / horizon, _HIGHEST_FORCE)
    except NoRoot as none:
        raise NoRateExists from none


def _present(flows: Sequence[_Flow], force: float) -> tuple[float, float]:
    """The present value of the flows and its derivative by the force of interest."""
    value = slope = 0.0
    for amount, whole, fraction in flows:
        present = amount * exp(-force * whole)
        if fraction:
            growth = 1 + fraction * expm1(force)
            present /= growth
            slope -= present * fraction * exp(force) / growth
        value += present
        slope -= present * whole
    return value, slope


def _percent(ratio: float) -> Decimal:
    return Decimal(repr(100 * ratio)).quantize(_DECIMALS) + 0


def _rate(ratio: float) -> Rate:
    # Round the reliable decimals: 9.375 % is a tie, which the last bits of a float would decide.
    return Rate(round(_percent(ratio) * BASIS_POINTS / 100))
