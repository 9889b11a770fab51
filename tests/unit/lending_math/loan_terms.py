"""Random terms of loans for property tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from hypothesis import reject
from hypothesis import strategies as st

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.day_count import DayCount
from chalicelib.lending_math.due_dates import Frequency
from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.lending_math.schedule import Schedule, build_schedule
from chalicelib.shared.money import Money, Rate

PRINCIPALS = st.one_of(st.integers(1, 2_000), st.integers(2_000, 100_000_000)).map(Money)
RATES = st.one_of(st.just(0), st.integers(0, 5_000)).map(Rate)
STARTS = st.dates(date(2000, 1, 1), date(2050, 12, 31))


@dataclass(frozen=True)
class Terms:
    """Terms of a schedule."""

    principal: Money
    rate: Rate
    periods: int
    start: date
    method: Method = Method.ANNUITY
    frequency: Frequency = Frequency.MONTHLY
    day_count: DayCount = DayCount.D30_360_MONTHS
    first_period_days: int | None = None
    grace: int = 0

    def schedule(self) -> Schedule:
        first_days = self.first_period_days
        return build_schedule(
            self.principal,
            self.rate,
            self.periods,
            start_date=self.start,
            method=self.method,
            frequency=self.frequency,
            day_count=self.day_count,
            first_due_date=self.start + timedelta(days=first_days) if first_days else None,
            principal_grace=self.grace,
        )

    def schedule_or_skip(self) -> Schedule:
        """The schedule; the example is rejected if these terms do not amortise in whole cents."""
        try:
            return self.schedule()
        except TermsNotAmortisable:
            reject()

    def changed(self, **changes: object) -> Terms:
        return replace(self, **changes)  # type: ignore[arg-type]  # the tests name the fields that they change


@st.composite
def loan_terms(draw: st.DrawFn, longest: int = 360) -> Terms:
    """Terms of a loan on this platform: 30/360 months from the funding date."""
    periods = draw(st.one_of(st.integers(1, min(24, longest)), st.integers(1, longest)))
    return Terms(draw(PRINCIPALS), draw(RATES), periods, draw(STARTS), draw(st.sampled_from(Method)))


@st.composite
def quoted_terms(draw: st.DrawFn) -> Terms:
    """Terms of a quote: any day count and frequency, odd first periods, grace."""
    terms = draw(loan_terms(longest=60))
    return terms.changed(
        frequency=draw(st.sampled_from(Frequency)),
        day_count=draw(st.sampled_from(DayCount)),
        first_period_days=draw(st.none() | st.integers(1, 120)),
        grace=draw(st.integers(0, terms.periods - 1)),
    )
