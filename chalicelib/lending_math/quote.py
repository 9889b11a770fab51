"""Quotes: the schedule of any terms, with its yearly rates."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.day_count import DayCount
from chalicelib.lending_math.due_dates import MONTHS_PER_YEAR, Frequency, interval_of
from chalicelib.lending_math.errors import InvalidTerms
from chalicelib.lending_math.period_rates import regular_period
from chalicelib.lending_math.rates_of_return import LoanRates, loan_rates
from chalicelib.lending_math.schedule import Schedule, build_schedule
from chalicelib.shared.money import ZERO, Money, Rate


@dataclass(frozen=True, slots=True)
class QuoteTerms:
    """Terms of a quote; at most one of ``term_months`` and ``number_of_payments`` is given.

    ``fee`` is deducted from the proceeds; it is not part of any instalment or total.
    """

    amount: Money
    annual_rate: Rate
    term_months: int | None = None
    number_of_payments: int | None = None
    method: Method = Method.ANNUITY
    frequency: Frequency = Frequency.MONTHLY
    day_count: DayCount = DayCount.D30_360_MONTHS
    fee: Money = ZERO
    start_date: date | None = None
    first_due_date: date | None = None
    principal_grace: int = 0
    instalment_multiple: Money | None = None

    def payments(self, default: int) -> int:
        """Return the number of instalments; ``default`` if the terms do not give it.

        Raises:
            InvalidTerms: the months do not hold a whole number of weekly or two-weekly instalments.
        """
        if self.number_of_payments is not None:
            return self.number_of_payments
        if self.term_months is None:
            return default
        return instalments_in(self.term_months, self.frequency)


@dataclass(frozen=True, slots=True)
class Quote:
    """The schedule of the terms, and its yearly rates with the fee."""

    schedule: Schedule
    rates: LoanRates


def quote(terms: QuoteTerms, *, today: date, default_payments: int) -> Quote:
    """Calculate the schedule of some terms, its APR and its effective rate.

    Args:
        terms: amount and rate at least; interest accrues from ``terms.start_date``.
        today: the start date if the terms give none.
        default_payments: the number of instalments if the terms give none, 1 or more.

    Raises:
        InvalidTerms: terms out of range, or terms that exclude each other.
        TermsNotAmortisable: the terms give no schedule in whole cents.
        NoRateExists: the fee is not below the amount, or the rate exceeds 10¹² %.
    """
    schedule = build_schedule(
        terms.amount,
        terms.annual_rate,
        terms.payments(default_payments),
        start_date=terms.start_date or today,
        method=terms.method,
        frequency=terms.frequency,
        day_count=terms.day_count,
        first_due_date=terms.first_due_date,
        principal_grace=terms.principal_grace,
        instalment_multiple=terms.instalment_multiple,
    )
    rates = loan_rates(
        terms.amount - terms.fee,
        [instalment.amount for instalment in schedule.instalments],
        start_date=schedule.start_date,
        first_due_date=schedule.instalments[0].due_date,
        frequency=terms.frequency,
    )
    return Quote(schedule, rates)


def instalments_in(term_months: int, frequency: Frequency) -> int:
    """Calculate the number of instalments of a term: a year has 12 months, 26 fortnights or 52 weeks.

    Raises:
        InvalidTerms: not a whole number. Weeks need multiples of 3 months, fortnights of 6.

    >>> instalments_in(6, Frequency.WEEKLY), instalments_in(6, Frequency.MONTHLY)
    (26, 6)
    """
    exact = Fraction(term_months, MONTHS_PER_YEAR) / regular_period(interval_of(frequency))
    if exact.denominator != 1:
        message = f"{term_months} months is not a whole number of {frequency.value} instalments; use number_of_payments"
        raise InvalidTerms(f"{message}.", errors=(("term_months", message),))
    return exact.numerator
