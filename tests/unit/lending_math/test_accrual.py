"""Interest by days within a period."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.accrual import interest_by_days, interest_share
from chalicelib.shared.money import Money

RATES = st.integers(0, 5_000).map(lambda points: Fraction(points, 120_000))
SEVEN_PERCENT = Fraction(7, 1200)
FEBRUARY = Fraction(29)


def test_mid_month_payoff_has_published_interest() -> None:
    """apache/fineract, Loan.feature, early pay-off till preclose: 83.57 and 14 of 29 days, 83.81."""
    balance = Money.of("83.57")

    interest = interest_by_days(balance, SEVEN_PERCENT, 14, FEBRUARY)

    assert (str(interest), str(balance + interest)) == ("0.24", "83.81")


@pytest.mark.parametrize(("days", "expected"), [(0, "0.00"), (15, "3.02"), (29, "5.83"), (58, "11.67")])
def test_interest_follows_days(days: int, expected: str) -> None:
    assert str(interest_by_days(Money.of("1000.00"), SEVEN_PERCENT, days, FEBRUARY)) == expected


def test_days_per_month_may_be_a_fraction() -> None:
    """Half a month and six months in 200 days."""
    interest = interest_by_days(Money.of("1000.00"), Fraction(1, 100), 200, Fraction(400, 13))

    assert str(interest) == "65.00"


@given(st.integers(1, 10**8), RATES, st.integers(28, 31))
def test_whole_period_earns_interest_of_a_month(cents: int, rate: Fraction, days: int) -> None:
    assert interest_by_days(Money(cents), rate, days, Fraction(days)) == Money(cents).times(rate)


@given(st.integers(0, 10**6), st.integers(1, 400), st.data())
def test_share_of_fixed_interest_is_within_it(cents: int, period: int, data: st.DataObject) -> None:
    days = data.draw(st.integers(0, period))

    share = interest_share(Money(cents), days, period)

    assert 0 <= share.cents <= cents
    assert interest_share(Money(cents), period, period) == Money(cents)
