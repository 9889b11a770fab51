"""Quotes: schedules and yearly rates of any terms."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.day_count import DayCount
from chalicelib.lending_math.due_dates import Frequency
from chalicelib.lending_math.errors import InvalidTerms, NoRateExists, TermsNotAmortisable
from chalicelib.lending_math.quote import Quote, QuoteTerms, instalments_in, quote
from chalicelib.lending_math.schedule import MAX_PERIODS
from chalicelib.shared.money import ZERO, Money, Rate

TODAY = date(2026, 1, 31)
YEAR = QuoteTerms(Money.of("120000.00"), Rate.percent("12"), number_of_payments=12)


def quoted(terms: QuoteTerms) -> Quote:
    return quote(terms, today=TODAY, default_payments=6)


@st.composite
def terms_of_quotes(draw: st.DrawFn) -> QuoteTerms:
    """Arbitrary terms: some are valid together, some are not."""
    amount = draw(st.one_of(st.integers(1, 5_000), st.integers(10_000, 10**11)))
    payments = draw(st.one_of(st.integers(1, 36), st.integers(1, 90)))
    start = draw(st.one_of(st.none(), st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.dates()))
    first_days = draw(st.one_of(st.none(), st.integers(0, 90)))
    first = None if first_days is None or start is None or start.year > 9990 else start + timedelta(days=first_days)
    return QuoteTerms(
        amount=Money(amount),
        annual_rate=Rate(draw(st.one_of(st.just(0), st.integers(0, 5_000), st.integers(0, 100_000)))),
        number_of_payments=payments,
        method=draw(st.sampled_from(Method)),
        frequency=draw(st.sampled_from(Frequency)),
        day_count=draw(st.sampled_from(DayCount)),
        fee=Money(draw(st.one_of(st.just(0), st.integers(0, amount), st.integers(0, 10**11)))),
        start_date=start,
        first_due_date=first,
        principal_grace=draw(st.one_of(st.just(0), st.integers(0, payments))),
        instalment_multiple=draw(st.one_of(st.none(), st.integers(1, 1_000).map(Money))),
    )


@given(terms_of_quotes())
def test_terms_are_quoted_exactly_or_rejected(terms: QuoteTerms) -> None:
    try:
        found = quoted(terms)
    except (InvalidTerms, TermsNotAmortisable, NoRateExists):
        return

    rows = found.schedule.instalments
    assert Money.total(row.principal for row in rows) == terms.amount
    assert Money.total(row.amount for row in rows) == found.schedule.total_amount
    assert rows[-1].balance == ZERO
    assert rows[0].due_date > found.schedule.start_date
    assert found.rates.apr >= Rate(0)


@given(terms_of_quotes())
def test_fee_raises_only_the_yearly_rates(terms: QuoteTerms) -> None:
    try:
        dear = quoted(terms)
    except (InvalidTerms, TermsNotAmortisable, NoRateExists):
        return

    free = quoted(replace(terms, fee=ZERO))

    assert dear.schedule == free.schedule
    assert dear.rates.apr >= free.rates.apr
    assert dear.rates.effective_rate >= free.rates.effective_rate


def test_two_percent_fee_matches_european_example() -> None:
    """European Commission, Examples for the calculation of the APR (2015), example 1: 6.434412 %."""
    terms = QuoteTerms(Money.of("200000.00"), Rate.percent("6"), number_of_payments=240, fee=Money.of("4000.00"))

    found = quoted(terms)

    assert str(found.schedule.level_payment) == "1432.86"
    assert str(found.rates.effective_rate) == "6.43"


@pytest.mark.parametrize("fee", ["120000.00", "120000.01"])
def test_fee_equal_to_the_amount_has_no_rate(fee: str) -> None:
    with pytest.raises(NoRateExists):
        quoted(replace(YEAR, fee=Money.of(fee)))


@pytest.mark.parametrize("frequency", Frequency)
def test_fee_near_the_amount_has_no_rate(frequency: Frequency) -> None:
    terms = replace(YEAR, amount=Money.of("1000000000.00"), fee=Money.of("999999999.00"), frequency=frequency)

    with pytest.raises(NoRateExists):
        quoted(terms)


@pytest.mark.parametrize(
    ("months", "frequency", "payments"),
    [
        (1, Frequency.MONTHLY, 1),
        (360, Frequency.MONTHLY, 360),
        (3, Frequency.WEEKLY, 13),
        (360, Frequency.WEEKLY, MAX_PERIODS),
        (6, Frequency.BIWEEKLY, 13),
        (12, Frequency.BIWEEKLY, 26),
    ],
)
def test_term_determines_the_number_of_instalments(months: int, frequency: Frequency, payments: int) -> None:
    found = quoted(replace(YEAR, number_of_payments=None, term_months=months, frequency=frequency))

    assert instalments_in(months, frequency) == len(found.schedule.instalments) == payments


@pytest.mark.parametrize(
    ("months", "frequency"), [(1, Frequency.WEEKLY), (4, Frequency.WEEKLY), (3, Frequency.BIWEEKLY)]
)
def test_fractional_number_of_instalments_is_rejected(months: int, frequency: Frequency) -> None:
    with pytest.raises(InvalidTerms) as refused:
        instalments_in(months, frequency)

    assert [field for field, _ in refused.value.errors] == ["term_months"]


def test_missing_term_uses_the_default() -> None:
    found = quoted(replace(YEAR, number_of_payments=None, frequency=Frequency.WEEKLY))

    assert len(found.schedule.instalments) == 6


def test_missing_start_date_means_today() -> None:
    found = quoted(replace(YEAR, number_of_payments=3))

    assert [str(row.due_date) for row in found.schedule.instalments] == ["2026-02-28", "2026-03-31", "2026-04-30"]
